// Layer norm, gradient of its input. dy is the gradient in front of the activation, c = (x - mean) / sqrt(var + eps) and
// d = dy * weight, each along a row:
//   dx[c] = (d[c] - sum(d) / n - c[c] sum(d c) / n) / sqrt(var + eps), pads are 0
// stats is what layer_forward.wgsl kept. Shapes: shape.wgsl.

@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> stats: array<vec2<f32>>;
@group(1) @binding(4) var<storage, read_write> dx: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let member = group.z;
  let lane = thread % LANES;
  let row = group.x * ROWS + thread / LANES;
  let count = select(0u, shape.n4, row < step.rows);
  let start = member * shape.stride + row * shape.n4;
  let weight = member * shape.params_stride + shape.weight;
  let own = stats[member * shape.capacity + min(row, shape.capacity - 1u)]; // mean, 1 / deviation

  var sums = vec4<f32>(0.0);
  var products = vec4<f32>(0.0);
  for (var quad = lane; quad < count; quad += LANES) {
    let d = dy[start + quad] * params[weight + quad]; // pads are 0
    sums += d;
    products += d * (x[start + quad] - own.x) * own.y;
  }
  let mean_d = row_sum(sums, thread) / f32(shape.n);
  let mean_product = row_sum(products, thread) / f32(shape.n);

  for (var quad = lane; quad < count; quad += LANES) {
    let columns = 4u * quad + vec4<u32>(0u, 1u, 2u, 3u);
    let centered = (x[start + quad] - own.x) * own.y;
    let value = own.y * (dy[start + quad] * params[weight + quad] - mean_d - centered * mean_product);
    dx[start + quad] = select(vec4<f32>(0.0), value, columns < vec4<u32>(shape.n));
  }
}
