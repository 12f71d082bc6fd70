// SGD with momentum: a velocity that averages gradients, so that steps add up along a valley and cancel across it.
//   g <- g + weight_decay x
//   v <- momentum v + (1 - dampening) g        (the first step takes v = g, as torch.optim.SGD)
//   x <- x - lr v
// Source: Polyak 1964, "Some methods of speeding up the convergence of iteration methods"; as torch.optim.SGD. The
// textbook form v <- momentum v + lr g, x <- x - v (Sutskever et al. 2013, equations 1 and 2) takes the same steps at a constant
// rate.

struct Hyper {
  lr: f32,
  momentum: f32,
  gradient_weight: f32, // 1 - dampening; 1 in the first step
  weight_decay: f32,
}

const momentum_buffer = 0u;
const SLOTS = 1u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  let v = h.momentum * (*s)[momentum_buffer] + h.gradient_weight * g;
  (*s)[momentum_buffer] = v;
  return x - h.lr * v;
}
