// LAMB: adam's direction, as long in each tensor as the tensor itself, for large batches.
//   m <- beta1 m + (1 - beta1) g
//   v <- beta2 v + (1 - beta2) g^2
//   r <- m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t) + eps_root) + eps) + weight_decay x
//   x <- x - lr |x| / |r| r, with 1 for |x| / |r| where either is 0; norms of the tensor
// Source: You et al. 2020, "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", algorithm 2, phi(z) = z.

struct Hyper {
  lr: f32,
  beta1: f32,
  one_minus_beta1: f32,
  correction1: f32, // 1 / (1 - beta1^t)
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

fn direction(x: f32, m: f32, v: f32, h: Hyper) -> f32 {
  return h.correction1 * m / (sqrt(v * h.correction2 + h.eps_root) + h.eps) + h.weight_decay * x;
}

// scalars: |x|^2, |r|^2
fn terms(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> vec4<f32> {
  let m = h.beta1 * (*s)[exp_avg] + h.one_minus_beta1 * gradient;
  let v = h.beta2 * (*s)[exp_avg_sq] + h.one_minus_beta2 * gradient * gradient;
  (*s)[exp_avg] = m;
  (*s)[exp_avg_sq] = v;
  let r = direction(x, m, v, h);
  return vec4<f32>(x * x, r * r, 0.0, 0.0);
}

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let norms = sqrt(scalars.xy);
  var rate = h.lr;
  if (norms.x > 0.0 && norms.y > 0.0) {
    rate *= norms.x / norms.y;
  }
  return x - rate * direction(x, (*s)[exp_avg], (*s)[exp_avg_sq], h);
}
