// Dense layer, gradients of its weights and bias, for any adapter:
//   dw[n][k] = sum_b dy[b][n] x[b][k],  dbias[n] = sum_b dy[b][n], pads are 0.
// The mean over the batch is in dy. What becomes of a gradient: nn/keep_gradient.wgsl or optim/apply.wgsl.
// A thread computes four adjacent weights of one output; the bias is one more quad of columns, where x is 1.
// Shapes: dense_shape.wgsl; x: input_f32.wgsl or input_u8.wgsl.

@group(1) @binding(2) var<storage, read> dy: array<vec4<f32>>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k4 = id.x;
  let n = id.y;
  let member = id.z;
  if (k4 > shape.k4 || n >= 4u * shape.n4) {
    return;
  }
  let own = row_of(member);
  let dy_start = member * shape.y_stride + n / 4u;

  if (k4 == shape.k4) {
    if (n % 4u == 0u) {
      var sum = vec4<f32>(0.0);
      for (var row = 0u; row < step.rows; row++) {
        sum += dy[dy_start + row * shape.n4];
      }
      take_gradient(own, member, shape.params_stride, shape.bias + n / 4u, sum);
    }
  } else if (n < shape.n) {
    var sum = vec4<f32>(0.0);
    for (var row = 0u; row < step.rows; row++) {
      sum += dy[dy_start + row * shape.n4][n % 4u] * load_x4(x_row(member, row), k4);
    }
    let columns = 4u * k4 + vec4<u32>(0u, 1u, 2u, 3u);
    let gradient = select(vec4<f32>(0.0), sum, columns < vec4<u32>(shape.k));
    take_gradient(own, member, shape.params_stride, shape.weight + n * shape.k4 + k4, gradient);
  }
}
