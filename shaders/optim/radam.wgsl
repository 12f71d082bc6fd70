// RAdam: Adam that warms itself up. While too few squares are averaged to trust their root, it takes plain momentum
// steps; then r_t, which rises to 1, holds the rate down by how much that root still scatters.
//   g <- g + weight_decay x
//   m <- beta1 m + (1 - beta1) g
//   v <- beta2 v + (1 - beta2) g^2
//   rho = 2 / (1 - beta2) - 1,   rho_t = rho - 2 t beta2^t / (1 - beta2^t)
//   r_t = sqrt((rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t))
//   rho_t > 5:   d = r_t sqrt(1 - beta2^t) / (sqrt(v + eps_root) + eps),   else d = 1
//   x <- x - lr / (1 - beta1^t) m d
// Source: Liu et al. 2020, "On the Variance of the Adaptive Learning Rate and Beyond", algorithm 2 (switch at 4); as
// torch.optim.RAdam.

struct Hyper {
  step_size: f32, // lr / (1 - beta1^t)
  rectification: f32, // r_t sqrt(1 - beta2^t); 0 where rho_t <= 5
  beta1: f32,
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
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
  var direction = m;
  if (h.rectification > 0.0) {
    direction *= h.rectification / (sqrt(v + h.eps_root) + h.eps);
  }
  return x - h.step_size * direction;
}
