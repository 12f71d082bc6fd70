// Adagrad: a rate for each parameter that falls with the squares of all its gradients so far.
//   g <- g + weight_decay x
//   G <- G + g^2
//   x <- x - lr_t g / (sqrt(G + eps_root) + eps),   lr_t = lr / (1 + (t - 1) lr_decay)
// Source: Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods", figure 1; as torch.optim.Adagrad.

struct Hyper {
  lr: f32, // lr_t
  weight_decay: f32,
  eps: f32,
  eps_root: f32,
}

const sum = 0u;
const SLOTS = 1u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  let total = (*s)[sum] + g * g;
  (*s)[sum] = total;
  return x - h.lr * g / (sqrt(total + h.eps_root) + h.eps);
}
