// Batch norm, backward. dy is the gradient in front of the activation, c[b] = (x[b] - mean) / sqrt(var + eps):
//   dbias = sum_b dy[b],  dweight = sum_b dy[b] c[b]
//   dx[b] = weight / sqrt(var + eps) * (dy[b] - (dbias + c[b] dweight) / rows), pads are 0
// stats is what batch_forward.wgsl kept. Gradients go to nn/keep_gradient.wgsl. Shapes: shape.wgsl.

@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> stats: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> dx: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let member = group.z;
  let n4 = group.x * QUADS + thread % QUADS;
  let lane = thread / QUADS;
  let quad = min(n4, shape.n4 - 1u);
  let start = member * shape.stride + quad;
  let mean = stats[member * 2u * shape.n4 + quad];
  let inv_std = stats[member * 2u * shape.n4 + shape.n4 + quad];

  var biases = vec4<f32>(0.0);
  var weights = vec4<f32>(0.0);
  for (var row = lane; row < step.rows; row += LANES) {
    let at = start + row * shape.n4;
    biases += dy[at];
    weights += dy[at] * (x[at] - mean) * inv_std;
  }
  let dbias = column_sum(biases, thread);
  let dweight = column_sum(weights, thread);

  if (n4 < shape.n4) {
    if (lane == 0u) {
      let own = row_of(member);
      take_gradient(own, member, shape.params_stride, shape.weight + quad, dweight);
      take_gradient(own, member, shape.params_stride, shape.bias + quad, dbias);
    }
    let scale = inv_std * params[member * shape.params_stride + shape.weight + quad];
    let inv_rows = 1.0 / f32(max(step.rows, 1u));
    for (var row = lane; row < step.rows; row += LANES) {
      let at = start + row * shape.n4;
      let centered = (x[at] - mean) * inv_std;
      dx[at] = scale * (dy[at] - (dbias + centered * dweight) * inv_rows);
    }
  }
}
