// Rprop: a step size for each parameter, which grows while its gradient keeps its sign and shrinks when it turns; the
// gradient's size plays no part. Made for the gradient of the whole training set: noise turns signs.
//   g <- g + weight_decay x
//   same sign as before:    d <- min(eta_plus d, step_max)
//   the other sign:         d <- max(eta_minus d, step_min),   g <- 0   (no step now, and none held against the next)
//   x <- x - d sign(g)
// The step size d starts at lr.
// Source: Riedmiller and Braun 1993, "A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP
// Algorithm", in the form iRprop- of Igel and Huesken 2000; as torch.optim.Rprop.

struct Hyper {
  eta_minus: f32,
  eta_plus: f32,
  step_min: f32,
  step_max: f32,
  weight_decay: f32,
}

const prev = 0u;
const step_size = 1u;
const SLOTS = 2u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  var g = gradient + h.weight_decay * x;
  // Signs first: the product of two small gradients could underflow.
  let turn = sign(g) * sign((*s)[prev]);
  var factor = 1.0;
  if (turn > 0.0) {
    factor = h.eta_plus;
  } else if (turn < 0.0) {
    factor = h.eta_minus;
    g = 0.0;
  }
  let d = clamp((*s)[step_size] * factor, h.step_min, h.step_max);
  (*s)[prev] = g;
  (*s)[step_size] = d;
  return x - d * sign(g);
}
