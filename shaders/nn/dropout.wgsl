// Inverted dropout: a value is set to 0 with probability p, the others grow to keep the mean.
//   y = x m / (1 - p),  m = 0 where u < p, else 1
// u is uniform in [0, 1), a function of the member's seed, the step, the layer, and the sample's place in the data set and
// the value's in the row: the mask differs each step, and backward computes it anew. A sample that is twice in a batch has
// one mask. Same functions as no_dropout.wgsl. order [P, order_stride].
// Source: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting"; as torch.nn.Dropout.

const LAYER = 0u;

@group(1) @binding(8) var<storage, read> order: array<u32>;

// What the four values of a quad are multiplied by.
fn dropout_factor(member: u32, row: u32, quad: u32, quads: u32) -> vec4<f32> {
  let own = population[member];
  let sample = order[member * step.order_stride + step.first_row + row];
  let bits = random4(own.seed, PURPOSE_DROPOUT | (LAYER << 8u), step.count, sample * quads + quad);
  let u = vec4<f32>(uniform01(bits.x), uniform01(bits.y), uniform01(bits.z), uniform01(bits.w));
  return select(vec4<f32>(1.0 / (1.0 - own.dropout)), vec4<f32>(0.0), u < vec4<f32>(own.dropout));
}
