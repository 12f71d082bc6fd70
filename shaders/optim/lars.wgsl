// LARS: momentum whose rate each tensor sets by its own size against its gradient's, for large batches.
//   q <- trust |x| / (|g| + weight_decay |x|), 1 where |x| or |g| is 0; norms of the tensor
//   u <- momentum u + lr q (g + weight_decay x)
//   x <- x - u
// Source: You, Gitman and Ginsburg 2017, "Large Batch Training of Convolutional Networks", algorithm 1.

struct Hyper {
  lr: f32,
  momentum: f32,
  trust_coefficient: f32,
  weight_decay: f32,
}

const momentum_buffer = 0u;
const SLOTS = 1u;

// scalars: |x|^2, |g|^2
fn terms(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> vec4<f32> {
  return vec4<f32>(x * x, gradient * gradient, 0.0, 0.0);
}

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let norms = sqrt(scalars.xy);
  var rate = h.lr;
  if (norms.x > 0.0 && norms.y > 0.0) {
    rate *= h.trust_coefficient * norms.x / (norms.y + h.weight_decay * norms.x);
  }
  let u = h.momentum * (*s)[momentum_buffer] + rate * (gradient + h.weight_decay * x);
  (*s)[momentum_buffer] = u;
  return x - u;
}
