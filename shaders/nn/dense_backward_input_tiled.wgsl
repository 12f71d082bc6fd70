// Dense layer, gradient of its input, for GPUs; computes what dense_backward_input.wgsl does and binds the same names.
//   dx[b][k] = (sum_n dy[b][n] w[n][k]) * activation_gradient(y[b][k]), pads of dx are 0.
// a = dy [rows, n] lies along the sum, b = w [n, k] across it. Tiles: lib/tiled_product.wgsl. Shapes: dense_shape.wgsl.

@group(1) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> y: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> dx: array<vec4<f32>>;

const A_ALONG_SUM = true;
const B_ALONG_SUM = false;

fn row_count() -> u32 {
  return step.rows;
}

fn depth_count() -> u32 {
  return shape.n4;
}

fn a_start(member: u32, row: u32) -> u32 {
  return member * shape.y_stride + min(row, step.rows - 1u) * shape.n4;
}

fn load_a(member: u32, start: u32, n4: u32) -> vec4<f32> {
  return select(vec4<f32>(0.0), dy[start + min(n4, shape.n4 - 1u)], n4 < shape.n4);
}

fn load_b(member: u32, k4: u32, n4: u32) -> mat4x4<f32> {
  let n = min(4u * n4 + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(shape.n - 1u));
  let w = member * shape.params_stride + shape.weight + n * shape.k4 + min(k4, shape.k4 - 1u);
  return mat4x4<f32>(params[w.x], params[w.y], params[w.z], params[w.w]);
}

fn store_c(member: u32, row: u32, k4: u32, sum: vec4<f32>) {
  if (row < step.rows && k4 < shape.k4) {
    let columns = 4u * k4 + vec4<u32>(0u, 1u, 2u, 3u);
    let at = member * shape.x_stride + row * shape.k4 + k4;
    dx[at] = select(vec4<f32>(0.0), sum * activation_gradient4(y[at]), columns < vec4<u32>(shape.k));
  }
}
