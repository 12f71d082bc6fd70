// The L1 penalty's part of the gradient of weights; biases and norms' parameters have none:
//   g <- g + l1 sign(w),  sign(0) = 0
// params [P, stride]. As the gradient of l1 sum |w| that is added to the loss; the loss that is reported is without.
// Source: Tibshirani 1996, "Regression Shrinkage and Selection via the Lasso".

@group(1) @binding(2) var<storage, read> params: array<vec4<f32>>;

fn adjust(g: vec4<f32>, member: u32, place: TensorPlace, quad: u32, at: u32) -> vec4<f32> {
  if (place.is_weight == 0u) {
    return g;
  }
  return g + population[member].l1 * sign(params[at]);
}
