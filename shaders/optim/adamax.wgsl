// Adamax: Adam with the largest recent gradient in place of the root of the average of squares.
//   g <- g + weight_decay x
//   m <- beta1 m + (1 - beta1) g
//   u <- max(beta2 u, |g| + eps)
//   x <- x - lr / (1 - beta1^t) m / u
// Source: Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 2; as torch.optim.Adamax, whose
// eps keeps u above 0.

struct Hyper {
  step_size: f32, // lr / (1 - beta1^t)
  beta1: f32,
  one_minus_beta1: f32,
  beta2: f32,
  weight_decay: f32,
  eps: f32,
}

const exp_avg = 0u;
const exp_inf = 1u;
const SLOTS = 2u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  let m = h.beta1 * (*s)[exp_avg] + h.one_minus_beta1 * g;
  let u = max(h.beta2 * (*s)[exp_inf], abs(g) + h.eps);
  (*s)[exp_avg] = m;
  (*s)[exp_inf] = u;
  return x - h.step_size * m / u;
}
