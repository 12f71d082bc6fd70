// SOAP: adam in the eigenbasis of Shampoo's preconditioner, for weight matrices; adamw for all other tensors.
//   g' <- Q_L^T g Q_R;  m <- beta1 m + (1 - beta1) g;  m' <- Q_L^T m Q_R
//   v <- beta2 v + (1 - beta2) g'^2
//   n <- Q_L (m' / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)) Q_R^T
//   x <- x - lr weight_decay x - lr n
//   L <- b L + (1 - b) g g^T;  R <- b R + (1 - b) g^T g, b = shampoo_beta
//   Q_L, Q_R <- QR(L Q_L), QR(R Q_R), every precondition_frequency steps
// Sides longer than max_precondition_dim are left as they are: no R, and Q_R is the identity. The first gradient only makes L,
// R and the first Q, by four of these steps from the identity, so that no gradient is rotated by itself: that step moves no
// parameter, and t counts from the second one. QR takes the columns by falling q^T L q; where L Q has no direction left, above
// 1e-5 of the greatest of these, it takes the old q. Q is kept transposed, an eigenvector a row.
// Source: Vyas et al. 2024, "SOAP: Improving and Stabilizing Shampoo using Adam", algorithms 3 and 4, with the first step, the
// order of columns and the defaults of their code, and adam's epsilon as PyTorch has it, in f32.

struct Hyper {
  lr: f32,    // 0 in the first step, as `decay` is; the averages do not change in it
  decay: f32, // lr weight_decay
  beta1: f32,
  one_minus_beta1: f32,
  correction1: f32, // 1 / (1 - beta1^(t - 1))
  beta2: f32,
  one_minus_beta2: f32,
  correction2: f32, // 1 / (1 - beta2^(t - 1))
  eps: f32,
  shampoo_beta: f32,
  one_minus_shampoo_beta: f32,
  refreshes: f32, // how many steps of the power iteration Q takes at the end of this one
}

const exp_avg = 0u;
const exp_avg_sq = 1u; // of a weight matrix: in the eigenbasis
const SLOTS = 2u;

// scalars: 1 of a tensor that is preconditioned, whose g is n; 0 of what goes by adamw
fn update(x: f32, g: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  if (scalars.x > 0.0) {
    return x - h.decay * x - h.lr * g;
  }
  let m = h.beta1 * (*s)[exp_avg] + h.one_minus_beta1 * g;
  let v = h.beta2 * (*s)[exp_avg_sq] + h.one_minus_beta2 * g * g;
  (*s)[exp_avg] = m;
  (*s)[exp_avg_sq] = v;
  return x - h.decay * x - h.lr * (h.correction1 * m) / (sqrt(v * h.correction2) + h.eps);
}
