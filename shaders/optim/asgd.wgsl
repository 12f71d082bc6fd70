// Averaged SGD: gradient descent at a falling rate, with the average of the points it visits beside it.
//   g <- g + weight_decay x
//   x <- x - lambd eta_t x - eta_t g,   eta_t = lr / (1 + lambd lr (t - 1))^alpha
//   a <- a + mu_t (x - a),              mu_t = 1 / max(1, t - 1 - t0)
// The average a starts at step t0. Training goes on at x; evaluation is of a from then on (torch.optim.ASGD leaves it in its
// state).
// Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging"; the rates of Xu 2011,
// "Towards Optimal One Pass Large Scale Learning with Averaged Stochastic Gradient Descent"; as torch.optim.ASGD.

struct Hyper {
  eta: f32, // eta_t
  decay: f32, // lambd eta_t
  mu: f32, // mu_t
  weight_decay: f32,
}

const ax = 0u;
const SLOTS = 1u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  let next = x - (h.decay * x + h.eta * g);
  // A small mu added to a sum keeps its digits; 1 - mu as a factor would not.
  (*s)[ax] += h.mu * (next - (*s)[ax]);
  return next;
}

struct View {
  averages: f32, // 1 once a is the average of several points
}

fn view(x: f32, s: ptr<function, array<f32, SLOTS>>, h: View) -> f32 {
  return select(x, (*s)[ax], h.averages == 1.0);
}
