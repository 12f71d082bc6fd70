// Lion: the sign of a momentum. Every parameter moves by lr, whatever the size of its gradient.
//   c = beta1 m + (1 - beta1) g
//   x <- x - lr (sign(c) + weight_decay x)
//   m <- beta2 m + (1 - beta2) g
// Source: Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2.

struct Hyper {
  lr: f32,
  beta1: f32,
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
  decay: f32, // lr weight_decay
}

const exp_avg = 0u;
const SLOTS = 1u;

fn update(x: f32, g: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let m = (*s)[exp_avg];
  let direction = sign(h.beta1 * m + h.one_minus_beta1 * g);
  (*s)[exp_avg] = h.beta2 * m + h.one_minus_beta2 * g;
  return x - (h.lr * direction + h.decay * x);
}
