// Dense layer, gradient of its input, through the activation of the layer before, for any adapter:
//   dx[b][k] = (sum_n dy[b][n] w[n][k]) * activation_gradient(y[b][k]), pads of dx are 0.
// dy is the gradient of this layer's sum before its activation, y [P, capacity, ceil4(k)] the output of the layer before.
// A thread computes four adjacent elements of one row. Shapes: dense_shape.wgsl.

@group(1) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> y: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> dx: array<vec4<f32>>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k4 = id.x;
  let row = id.y;
  let member = id.z;
  if (k4 >= shape.k4 || row >= step.rows) {
    return;
  }
  let w = member * shape.params_stride + shape.weight + k4;
  let dy_start = member * shape.y_stride + row * shape.n4;

  var sum = vec4<f32>(0.0);
  for (var n = 0u; n < shape.n; n++) {
    sum += dy[dy_start + n / 4u][n % 4u] * params[w + n * shape.k4];
  }
  let at = member * shape.x_stride + row * shape.k4 + k4;
  let columns = 4u * k4 + vec4<u32>(0u, 1u, 2u, 3u);
  dx[at] = select(vec4<f32>(0.0), sum * activation_gradient4(y[at]), columns < vec4<u32>(shape.k));
}
