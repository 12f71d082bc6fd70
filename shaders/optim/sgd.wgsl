// Stochastic gradient descent: the gradient of a batch (of all samples, of one, or of a few) and a step against it.
//   g <- g + weight_decay x
//   x <- x - lr g
// Source: Robbins and Monro 1951, "A Stochastic Approximation Method"; as torch.optim.SGD.

struct Hyper {
  lr: f32,
  weight_decay: f32,
}

fn update(x: f32, gradient: f32, h: Hyper) -> f32 {
  let g = gradient + h.weight_decay * x;
  return x - h.lr * g;
}
