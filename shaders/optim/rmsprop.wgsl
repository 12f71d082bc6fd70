// RMSprop: Adagrad with a moving average in place of the sum, so that the rate can rise again.
//   g <- g + weight_decay x
//   E <- alpha E + (1 - alpha) g^2
//   centered:       m <- alpha m + (1 - alpha) g,   E - m^2 (the variance) takes the place of E below
//   d <- g / (sqrt(E + eps_root) + eps)
//   with momentum:  v <- momentum v + d,            v takes the place of d below
//   x <- x - lr d
// Source: Tieleman and Hinton 2012, Coursera lecture 6.5; centered: Graves 2013, "Generating Sequences With Recurrent
// Neural Networks", equations 38 to 45; as torch.optim.RMSprop.

struct Hyper {
  lr: f32,
  alpha: f32,
  one_minus_alpha: f32,
  momentum: f32,
  weight_decay: f32,
  eps: f32,
  eps_root: f32,
}

// Which parts a recipe uses is set before the kernel is compiled; the slots in use are then numbered 0, 1, ...
const CENTERED = true;
const MOMENTUM = true;
const square_avg = 0u;
const grad_avg = 1u;
const momentum_buffer = 2u;
const SLOTS = 3u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  var square = h.alpha * (*s)[square_avg] + h.one_minus_alpha * g * g;
  (*s)[square_avg] = square;
  if (CENTERED) {
    let mean = h.alpha * (*s)[grad_avg] + h.one_minus_alpha * g;
    (*s)[grad_avg] = mean;
    square = max(square - mean * mean, 0.0); // rounding can take a variance of nothing below zero
  }
  var direction = g / (sqrt(square + h.eps_root) + h.eps);
  if (MOMENTUM) {
    direction += h.momentum * (*s)[momentum_buffer];
    (*s)[momentum_buffer] = direction;
  }
  return x - h.lr * direction;
}
