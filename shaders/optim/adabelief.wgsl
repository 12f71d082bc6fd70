// AdaBelief: Adam that divides by how far gradients stray from their average: a long step where they keep to it, a
// short one where they do not.
//   g <- g + weight_decay x
//   m <- beta1 m + (1 - beta1) g
//   s <- beta2 s + (1 - beta2) (g - m)^2 + eps_root
//   x <- x - lr / (1 - beta1^t) m / (sqrt(s / (1 - beta2^t)) + eps)
// Source: Zhuang et al. 2020, "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients",
// algorithm 2, which has one epsilon in both places.

struct Hyper {
  step_size: f32, // lr / (1 - beta1^t)
  beta1: f32,
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
  correction2: f32, // 1 / (1 - beta2^t)
  weight_decay: f32,
  eps: f32,
  eps_root: f32,
}

const exp_avg = 0u;
const exp_avg_var = 1u;
const SLOTS = 2u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  let m = h.beta1 * (*s)[exp_avg] + h.one_minus_beta1 * g;
  let surprise = g - m;
  let variance = h.beta2 * (*s)[exp_avg_var] + h.one_minus_beta2 * surprise * surprise + h.eps_root;
  (*s)[exp_avg] = m;
  (*s)[exp_avg_var] = variance;
  return x - h.step_size * m / (sqrt(variance * h.correction2) + h.eps);
}
