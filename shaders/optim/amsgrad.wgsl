// AMSGrad: Adam that divides by the largest average of squares so far, so that no rate rises again.
//   g <- g + weight_decay x
//   m <- beta1 m + (1 - beta1) g
//   v <- beta2 v + (1 - beta2) g^2
//   u <- max(u, v)
//   x <- x - lr / (1 - beta1^t) m / (sqrt(u / (1 - beta2^t) + eps_root) + eps)
// Source: Reddi, Kale and Kumar 2018, "On the Convergence of Adam and Beyond", algorithm 2; as torch.optim.Adam with
// amsgrad=True, which corrects the start of u, as the paper does not.

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
const exp_avg_sq = 1u;
const max_exp_avg_sq = 2u;
const SLOTS = 3u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  let m = h.beta1 * (*s)[exp_avg] + h.one_minus_beta1 * g;
  let v = h.beta2 * (*s)[exp_avg_sq] + h.one_minus_beta2 * g * g;
  let u = max((*s)[max_exp_avg_sq], v);
  (*s)[exp_avg] = m;
  (*s)[exp_avg_sq] = v;
  (*s)[max_exp_avg_sq] = u;
  return x - h.step_size * m / (sqrt(u * h.correction2 + h.eps_root) + h.eps);
}
