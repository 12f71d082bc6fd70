// Dense layer, gradients of its weights and bias, for GPUs; computes what dense_backward_weights.wgsl does and binds the
// same names.  dw[n][k] = sum_b dy[b][n] x[b][k],  dbias[n] = sum_b dy[b][n], pads are 0.
// a = dy^T [n, rows], b = x [rows, k] and one more quad of columns for the bias, where x is 1: both lie across the sum.
// Tiles: lib/tiled_product.wgsl, with ROWS a multiple of 4. What becomes of a gradient: nn/keep_gradient.wgsl or
// optim/apply.wgsl. Shapes: dense_shape.wgsl; x: input_f32.wgsl or input_u8.wgsl.

@group(1) @binding(2) var<storage, read> dy: array<vec4<f32>>;

const A_ALONG_SUM = false;
const B_ALONG_SUM = false;

fn row_count() -> u32 {
  return 4u * shape.n4; // with the pads of the bias
}

fn depth_count() -> u32 {
  return (step.rows + 3u) / 4u;
}

fn a_start(member: u32, n: u32) -> u32 {
  return min(n, 4u * shape.n4 - 1u);
}

fn load_a(member: u32, n: u32, depth: u32) -> vec4<f32> {
  let row = 4u * depth + vec4<u32>(0u, 1u, 2u, 3u);
  let at = member * shape.y_stride + min(row, vec4<u32>(step.rows - 1u)) * shape.n4 + n / 4u;
  let c = n % 4u;
  let dy_4 = vec4<f32>(dy[at.x][c], dy[at.y][c], dy[at.z][c], dy[at.w][c]);
  return select(vec4<f32>(0.0), dy_4, row < vec4<u32>(step.rows));
}

fn load_b(member: u32, k4: u32, depth: u32) -> mat4x4<f32> {
  let one = vec4<f32>(1.0, 0.0, 0.0, 0.0);
  var x_4 = mat4x4<f32>(one, one, one, one);
  if (k4 < shape.k4) {
    // @unroll
    for (var s = 0u; s < 4u; s++) {
      x_4[s] = load_x4(x_row(member, min(4u * depth + s, step.rows - 1u)), k4);
    }
  }
  return x_4;
}

var<private> dbias: vec4<f32>; // of the last four n

// Comes with a thread's n in order.
fn store_c(member: u32, n: u32, k4: u32, sum: vec4<f32>) {
  let columns = 4u * k4 + vec4<u32>(0u, 1u, 2u, 3u);
  var at = shape.weight + n * shape.k4 + k4;
  var gradient = select(vec4<f32>(0.0), sum, columns < vec4<u32>(shape.k));
  var is_whole = k4 < shape.k4 && n < shape.n;
  if (k4 == shape.k4) {
    dbias = vec4<f32>(dbias.yzw, sum.x);
    at = shape.bias + n / 4u;
    gradient = dbias;
    is_whole = n % 4u == 3u && n < 4u * shape.n4;
  }
  if (is_whole) {
    take_gradient(row_of(member), member, shape.params_stride, at, gradient);
  }
}
