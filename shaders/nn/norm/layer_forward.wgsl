// Layer norm: each row to mean 0 and variance 1, then scaled and shifted; the same in training and evaluation.
//   mean = sum_c x[c] / n,  var = sum_c (x[c] - mean)^2 / n
//   y[c] = activate((x[c] - mean) / sqrt(var + eps) * weight[c] + bias[c]), pads of y are 0
// stats [P, capacity] keeps mean and 1 / sqrt(var + eps) of each row for backward.
// Source: Ba, Kiros and Hinton 2016, "Layer Normalization"; as torch.nn.LayerNorm. Shapes: shape.wgsl.

@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> stats: array<vec2<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let member = group.z;
  let lane = thread % LANES;
  let row = group.x * ROWS + thread / LANES;
  let count = select(0u, shape.n4, row < step.rows);
  let start = member * shape.stride + row * shape.n4;
  let n = f32(shape.n);

  var sum = vec4<f32>(0.0);
  for (var quad = lane; quad < count; quad += LANES) {
    sum += x[start + quad]; // pads are 0
  }
  let mean = row_sum(sum, thread) / n;
  var squares = vec4<f32>(0.0);
  for (var quad = lane; quad < count; quad += LANES) {
    let columns = 4u * quad + vec4<u32>(0u, 1u, 2u, 3u);
    let centered = select(vec4<f32>(0.0), x[start + quad] - mean, columns < vec4<u32>(shape.n));
    squares += centered * centered;
  }
  let inv_std = inverseSqrt(row_sum(squares, thread) / n + shape.eps);

  if (count > 0u && lane == 0u) {
    stats[member * shape.capacity + row] = vec2<f32>(mean, inv_std);
  }
  let arena = member * shape.params_stride;
  for (var quad = lane; quad < count; quad += LANES) {
    let columns = 4u * quad + vec4<u32>(0u, 1u, 2u, 3u);
    let centered = (x[start + quad] - mean) * inv_std;
    let value = activate4(centered * params[arena + shape.weight + quad] + params[arena + shape.bias + quad]);
    y[start + quad] = select(vec4<f32>(0.0), value, columns < vec4<u32>(shape.n));
  }
}
