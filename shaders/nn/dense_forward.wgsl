// Dense layer, forward, for any adapter:
//   y[b][n] = activate(sum_k x[b][k] w[n][k] + bias[n]), pads of y are 0.
// A thread computes four adjacent outputs of one row. Shapes: dense_shape.wgsl; x: input_f32.wgsl or input_u8.wgsl.

@group(1) @binding(2) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let n4 = id.x;
  let row = id.y;
  let member = id.z;
  if (n4 >= shape.n4 || row >= step.rows) {
    return;
  }
  let columns = 4u * n4 + vec4<u32>(0u, 1u, 2u, 3u);
  let arena = member * shape.params_stride;
  let w = arena + shape.weight + min(columns, vec4<u32>(shape.n - 1u)) * shape.k4;
  let x_start = x_row(member, row);

  var sum = params[arena + shape.bias + n4];
  for (var k4 = 0u; k4 < shape.k4; k4++) {
    let x4 = load_x4(x_start, k4);
    sum += vec4<f32>(
      dot(x4, params[w.x + k4]),
      dot(x4, params[w.y + k4]),
      dot(x4, params[w.z + k4]),
      dot(x4, params[w.w + k4]),
    );
  }
  y[member * shape.y_stride + row * shape.n4 + n4] =
    select(vec4<f32>(0.0), activate4(sum), columns < vec4<u32>(shape.n));
}
