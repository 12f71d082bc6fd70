// Nadam: Adam with Nesterov's momentum, which warms up: a step looks ahead along m by the next step's momentum.
//   g <- g + weight_decay x
//   m <- beta1 m + (1 - beta1) g
//   v <- beta2 v + (1 - beta2) g^2
//   mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2),   M_t = mu_1 mu_2 ... mu_t
//   d = (1 - mu_t) / (1 - M_t) g + mu_{t+1} / (1 - M_{t+1}) m
//   x <- x - lr d / (sqrt(v / (1 - beta2^t) + eps_root) + eps)
// Source: Dozat 2016, "Incorporating Nesterov Momentum into Adam", algorithm 2; as torch.optim.NAdam from 2.0 on.

struct Hyper {
  gradient_rate: f32, // lr (1 - mu_t) / (1 - M_t)
  momentum_rate: f32, // lr mu_{t+1} / (1 - M_{t+1})
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
const exp_avg_sq = 1u;
const SLOTS = 2u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  let m = h.beta1 * (*s)[exp_avg] + h.one_minus_beta1 * g;
  let v = h.beta2 * (*s)[exp_avg_sq] + h.one_minus_beta2 * g * g;
  (*s)[exp_avg] = m;
  (*s)[exp_avg_sq] = v;
  return x - (h.gradient_rate * g + h.momentum_rate * m) / (sqrt(v * h.correction2 + h.eps_root) + h.eps);
}
