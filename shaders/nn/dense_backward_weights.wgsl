// Dense layer, gradients of its weights and bias, for any adapter:
//   dw[n][k] = sum_b dy[b][n] x[b][k],  dbias[n] = sum_b dy[b][n], pads are 0.
// The first chunk of a step overwrites `grads`, the others add to it. The mean over the batch is in dy.
// A thread computes four adjacent weights of one output; the bias is one more quad of columns, where x is 1.
// Shapes: dense_shape.wgsl; x: input_f32.wgsl or input_u8.wgsl.

@group(1) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> grads: array<vec4<f32>>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k4 = id.x;
  let n = id.y;
  let member = id.z;
  if (k4 > shape.k4 || n >= 4u * shape.n4) {
    return;
  }
  let arena = member * shape.params_stride;
  let dy_start = member * shape.y_stride + n / 4u;
  let is_new = step.first == 1u;

  if (k4 == shape.k4) {
    var sum = 0.0;
    for (var row = 0u; row < step.rows; row++) {
      sum += dy[dy_start + row * shape.n4][n % 4u];
    }
    let at = arena + shape.bias + n / 4u;
    grads[at][n % 4u] = sum + select(grads[at][n % 4u], 0.0, is_new);
  } else if (n < shape.n) {
    var sum = vec4<f32>(0.0);
    for (var row = 0u; row < step.rows; row++) {
      sum += dy[dy_start + row * shape.n4][n % 4u] * load_x4(x_row(member, row), k4);
    }
    let columns = 4u * k4 + vec4<u32>(0u, 1u, 2u, 3u);
    let at = arena + shape.weight + n * shape.k4 + k4;
    let total = sum + select(grads[at], vec4<f32>(0.0), is_new);
    grads[at] = select(vec4<f32>(0.0), total, columns < vec4<u32>(shape.k));
  }
}
