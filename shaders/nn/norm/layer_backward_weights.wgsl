// Layer norm, gradients of its weight and bias. dy is the gradient in front of the activation:
//   dbias[c] = sum_b dy[b][c],  dweight[c] = sum_b dy[b][c] (x[b][c] - mean[b]) / sqrt(var[b] + eps)
// stats is what layer_forward.wgsl kept. Gradients go to nn/keep_gradient.wgsl. Shapes: shape.wgsl.

@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> stats: array<vec2<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let member = group.z;
  let n4 = group.x * QUADS + thread % QUADS;
  let lane = thread / QUADS;
  let quad = min(n4, shape.n4 - 1u);
  let start = member * shape.stride + quad;

  var biases = vec4<f32>(0.0);
  var weights = vec4<f32>(0.0);
  for (var row = lane; row < step.rows; row += LANES) {
    let at = start + row * shape.n4;
    let own = stats[member * shape.capacity + row]; // mean, 1 / deviation
    biases += dy[at];
    weights += dy[at] * (x[at] - own.x) * own.y;
  }
  let dbias = column_sum(biases, thread);
  let dweight = column_sum(weights, thread);
  if (lane == 0u && n4 < shape.n4) {
    let own = row_of(member);
    take_gradient(own, member, shape.params_stride, shape.weight + quad, dweight);
    take_gradient(own, member, shape.params_stride, shape.bias + quad, dbias);
  }
}
