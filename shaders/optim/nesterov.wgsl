// Nesterov's accelerated gradient: momentum that looks ahead. Its x is the look-ahead point of the textbook form
// v <- momentum v + lr grad(x - momentum v), x <- x - v, where the network's gradient is taken.
//   g <- g + weight_decay x
//   v <- momentum v + g                         (the first step takes v = g)
//   x <- x - lr (g + momentum v)
// Source: Nesterov 1983; Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning",
// equations 3 and 4; as torch.optim.SGD with nesterov=True.

struct Hyper {
  lr: f32,
  momentum: f32,
  weight_decay: f32,
}

const momentum_buffer = 0u;
const SLOTS = 1u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  let v = h.momentum * (*s)[momentum_buffer] + g;
  (*s)[momentum_buffer] = v;
  return x - h.lr * (g + h.momentum * v);
}
