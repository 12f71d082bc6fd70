// Prodigy: adam whose learning rate is an estimate d of the distance to the solution, which only grows; lr scales it.
//   m <- beta1 m + (1 - beta1) d g
//   v <- beta2 v + (1 - beta2) d^2 g^2
//   r <- beta3 r + (1 - beta3) lr d^2 <g, x0 - x>, over all parameters; beta3 = sqrt(beta2)
//   s <- beta3 s + (1 - beta3) lr d^2 g
//   x <- x - lr d (m / (sqrt(v) + d eps) + weight_decay x)
//   d <- max(d, d_coef r / |s|_1)
// x0 is where the run began. r and d are numbers of the whole member.
// Source: Mishchenko and Defazio 2023, "Prodigy: An Expeditiously Adaptive Parameter-Free Learner", algorithm 4; decay as
// in AdamW.

struct Hyper {
  lr: f32,
  beta1: f32,
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
  beta3: f32,
  one_minus_beta3: f32,
  weight_decay: f32,
  eps: f32,
  d_coef: f32,
}

const exp_avg = 0u;
const exp_avg_sq = 1u;
const s = 2u;
const x0 = 3u;
const SLOTS = 4u;

// scalars.x: d. Sums over all parameters: <g, x0 - x>, |s|_1.
fn terms(x: f32, gradient: f32, own: ptr<function, array<f32, SLOTS>>, h: Hyper) -> vec4<f32> {
  let g = scalars.x * gradient;
  (*own)[exp_avg] = h.beta1 * (*own)[exp_avg] + h.one_minus_beta1 * g;
  (*own)[exp_avg_sq] = h.beta2 * (*own)[exp_avg_sq] + h.one_minus_beta2 * g * g;
  (*own)[s] = h.beta3 * (*own)[s] + h.one_minus_beta3 * h.lr * scalars.x * g;
  return vec4<f32>(gradient * ((*own)[x0] - x), abs((*own)[s]), 0.0, 0.0);
}

fn update(x: f32, gradient: f32, own: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let d = scalars.x;
  let direction = (*own)[exp_avg] / (sqrt((*own)[exp_avg_sq]) + d * h.eps);
  return x - h.lr * d * (direction + h.weight_decay * x);
}
