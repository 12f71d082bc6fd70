// Dense layer, forward, for GPUs; computes what dense_forward.wgsl does and binds the same names.
//   y[b][n] = activate(sum_k x[b][k] w[n][k] + bias[n]), pads of y are 0.
// a = x [rows, k], b = w^T [k, n]: both lie along k in memory, so a block of w is transposed as it is loaded.
// Tiles: lib/tiled_product.wgsl. Shapes: dense_shape.wgsl; x: input_f32.wgsl or input_u8.wgsl.

@group(1) @binding(2) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> y: array<vec4<f32>>;

const A_ALONG_SUM = true;
const B_ALONG_SUM = true;

fn row_count() -> u32 {
  return step.rows;
}

fn depth_count() -> u32 {
  return shape.k4;
}

fn a_start(member: u32, row: u32) -> u32 {
  return x_row(member, min(row, step.rows - 1u));
}

fn load_a(member: u32, start: u32, k4: u32) -> vec4<f32> {
  return select(vec4<f32>(0.0), load_x4(start, min(k4, shape.k4 - 1u)), k4 < shape.k4);
}

fn load_b(member: u32, n4: u32, k4: u32) -> mat4x4<f32> {
  let n = min(4u * n4 + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(shape.n - 1u));
  let w = member * shape.params_stride + shape.weight + n * shape.k4 + min(k4, shape.k4 - 1u);
  return transpose(mat4x4<f32>(params[w.x], params[w.y], params[w.z], params[w.w]));
}

fn store_c(member: u32, row: u32, n4: u32, sum: vec4<f32>) {
  if (row < step.rows && n4 < shape.n4) {
    let columns = 4u * n4 + vec4<u32>(0u, 1u, 2u, 3u);
    let bias = params[member * shape.params_stride + shape.bias + n4];
    y[member * shape.y_stride + row * shape.n4 + n4] =
      select(vec4<f32>(0.0), activate4(sum + bias), columns < vec4<u32>(shape.n));
  }
}
