// AdamW: Adam with a weight decay of its own, which the division by the root does not weaken.
//   m <- beta1 m + (1 - beta1) g
//   v <- beta2 v + (1 - beta2) g^2
//   x <- x - lr weight_decay x - lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t) + eps_root) + eps)
// Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2; as torch.optim.AdamW.

struct Hyper {
  step_size: f32, // lr / (1 - beta1^t)
  beta1: f32,
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
  correction2: f32, // 1 / (1 - beta2^t)
  decay: f32, // lr weight_decay
  eps: f32,
  eps_root: f32,
}

const exp_avg = 0u;
const exp_avg_sq = 1u;
const SLOTS = 2u;

fn update(x: f32, g: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let m = h.beta1 * (*s)[exp_avg] + h.one_minus_beta1 * g;
  let v = h.beta2 * (*s)[exp_avg_sq] + h.one_minus_beta2 * g * g;
  (*s)[exp_avg] = m;
  (*s)[exp_avg_sq] = v;
  return x - (h.decay * x + h.step_size * m / (sqrt(v * h.correction2 + h.eps_root) + h.eps));
}
