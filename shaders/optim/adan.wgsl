// Adan: Nesterov's momentum under Adam's root. It looks ahead by the change from the last gradient to this one, and so
// needs no gradient at another point.
//   d = g - (the last step's g)
//   m <- beta1 m + (1 - beta1) g                 (the first step takes m = g)
//   v <- beta2 v + (1 - beta2) d                 (the first step takes v = 0, the second v = d)
//   n <- beta3 n + (1 - beta3) (g + beta2 d)^2   (the first step takes n = g^2)
//   x <- x - lr (m + beta2 v) / (sqrt(n + eps_root) + eps)
//   x <- x / (1 + lr weight_decay)
// Source: Xie et al. 2022, "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models", algorithm 1
// without restarts, whose betas are 1 minus these. Its authors' code starts averages at 0 and corrects them instead.

struct Hyper {
  lr: f32,
  beta1: f32, // 0 in the first step
  one_minus_beta1: f32,
  beta2: f32, // 0 in the first two steps
  one_minus_beta2: f32, // 0 in the first step, 1 in the second
  look_ahead: f32, // beta2; 0 in the first step
  beta3: f32, // 0 in the first step
  one_minus_beta3: f32,
  decay: f32, // lr weight_decay / (1 + lr weight_decay)
  eps: f32,
  eps_root: f32,
}

const exp_avg = 0u;
const exp_avg_diff = 1u;
const exp_avg_sq = 2u;
const prev = 3u;
const SLOTS = 4u;

fn update(x: f32, g: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let d = g - (*s)[prev];
  let ahead = g + h.look_ahead * d;
  let m = h.beta1 * (*s)[exp_avg] + h.one_minus_beta1 * g;
  let v = h.beta2 * (*s)[exp_avg_diff] + h.one_minus_beta2 * d;
  let n = h.beta3 * (*s)[exp_avg_sq] + h.one_minus_beta3 * ahead * ahead;
  (*s)[exp_avg] = m;
  (*s)[exp_avg_diff] = v;
  (*s)[exp_avg_sq] = n;
  (*s)[prev] = g;
  let next = x - h.lr * (m + h.look_ahead * v) / (sqrt(n + h.eps_root) + h.eps);
  return next - h.decay * next;
}
