// Adadelta: RMSprop whose learning rate is the size of its own steps so far, so that units agree and lr can stay 1.
//   g <- g + weight_decay x
//   E <- rho E + (1 - rho) g^2
//   d <- sqrt(D + eps) / sqrt(E + eps) g
//   D <- rho D + (1 - rho) d^2
//   x <- x - lr d
// Source: Zeiler 2012, "ADADELTA: An Adaptive Learning Rate Method", algorithm 1; as torch.optim.Adadelta.

struct Hyper {
  lr: f32,
  rho: f32,
  one_minus_rho: f32,
  weight_decay: f32,
  eps: f32,
}

const square_avg = 0u;
const acc_delta = 1u;
const SLOTS = 2u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  let square = h.rho * (*s)[square_avg] + h.one_minus_rho * g * g;
  let delta = sqrt((*s)[acc_delta] + h.eps) / sqrt(square + h.eps) * g;
  (*s)[square_avg] = square;
  (*s)[acc_delta] = h.rho * (*s)[acc_delta] + h.one_minus_rho * delta * delta;
  return x - h.lr * delta;
}
