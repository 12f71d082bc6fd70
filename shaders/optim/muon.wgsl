// Muon: momentum, of which a weight matrix takes the nearest orthogonal matrix as its step; adamw for all other tensors.
//   m <- momentum m + (1 - momentum) g
//   X <- U / (|U| + 1e-7), U = (1 - momentum) g + momentum m
//   X <- 3.4445 X + (-4.7750 A + 2.0315 A A) X, A = X X^T, five times
//   x <- x - lr weight_decay x - lr sqrt(max(1, rows / columns)) X
// Newton-Schulz takes all singular values near 1 (0.7 to 1.2) and keeps the singular vectors. The tensors: the weight matrices
// but the last layer's (output_layer=true takes it too, input_layer=false leaves the first one out). All others go by adamw
// with adamw_lr, beta1, beta2 and eps; a schedule of lr scales adamw_lr by the same factor.
// Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks", with the scale of their code and
// their defaults, in f32.

struct Hyper {
  lr: f32,
  momentum: f32,
  one_minus_momentum: f32,
  decay: f32, // lr weight_decay
  adamw_step_size: f32, // adamw_lr / (1 - beta1^t)
  beta1: f32,
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
  correction2: f32, // 1 / (1 - beta2^t)
  adamw_decay: f32, // adamw_lr weight_decay
  eps: f32,
}

const exp_avg = 0u;
const exp_avg_sq = 1u; // of what goes by adamw
const SLOTS = 2u;

fn nesterov(m: vec4<f32>, gradient: vec4<f32>, h: Hyper) -> vec4<f32> {
  return h.one_minus_momentum * gradient + h.momentum * m;
}

// scalars: sqrt(max(1, rows / columns)) of a matrix that is orthogonalised; 0 of what goes by adamw
fn terms(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> vec4<f32> {
  if (scalars.x == 0.0) {
    return vec4<f32>();
  }
  let m = h.momentum * (*s)[exp_avg] + h.one_minus_momentum * gradient;
  (*s)[exp_avg] = m;
  let u = h.one_minus_momentum * gradient + h.momentum * m;
  return vec4<f32>(u * u, 0.0, 0.0, 0.0);
}

// g: X in place of the gradient, of a matrix that is orthogonalised
fn update(x: f32, g: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  if (scalars.x > 0.0) {
    return x - h.decay * x - h.lr * scalars.x * g;
  }
  let m = h.beta1 * (*s)[exp_avg] + h.one_minus_beta1 * g;
  let v = h.beta2 * (*s)[exp_avg_sq] + h.one_minus_beta2 * g * g;
  (*s)[exp_avg] = m;
  (*s)[exp_avg_sq] = v;
  return x - h.adamw_decay * x - h.adamw_step_size * m / (sqrt(v * h.correction2) + h.eps);
}
