// Dense layer, forward, for software adapters; computes what dense_forward.wgsl does and binds the same names.
//   y[b][n] = activate(sum_k x[b][k] w[n][k] + bias[n]), pads of y are 0.
// A subgroup computes a tile of ROWS rows by 4 * SUBGROUP outputs in registers, four adjacent outputs a lane. x is spread
// over the lanes (lanes.wgsl), so no value is loaded twice; TURNS <= SUBGROUP vec4s of k an iteration (lanes_quad: 4).

const ROWS = 10u;
const TURNS = SUBGROUP;

@group(1) @binding(2) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(SUBGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let member = group.z;
  let row_0 = group.y * ROWS;
  if (row_0 >= step.rows) {
    return;
  }
  let n4 = group.x * SUBGROUP + lane;
  let columns = 4u * n4 + vec4<u32>(0u, 1u, 2u, 3u);
  let arena = member * shape.params_stride;
  let w = arena + shape.weight + min(columns, vec4<u32>(shape.n - 1u)) * shape.k4;
  let last = shape.k4 - 1u;
  var x_start: array<u32, ROWS>;
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    x_start[r] = x_row(member, min(row_0 + r, step.rows - 1u));
  }

  var sum: array<vec4<f32>, ROWS>;
  for (var k4 = 0u; k4 < shape.k4; k4 += TURNS) {
    let mine = k4 + lane;
    var x4: array<vec4<f32>, ROWS>;
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      x4[r] = select(vec4<f32>(0.0), load_x4(x_start[r], min(mine, last)), mine <= last);
    }
    // @unroll
    for (var t = 0u; t < TURNS; t++) {
      let at = min(k4 + lane_at(lane, t), last);
      let w_0 = params[w.x + at];
      let w_1 = params[w.y + at];
      let w_2 = params[w.z + at];
      let w_3 = params[w.w + at];
      // @unroll
      for (var r = 0u; r < ROWS; r++) {
        let a = take_turn(x4[r], t);
        sum[r] += vec4<f32>(dot(a, w_0), dot(a, w_1), dot(a, w_2), dot(a, w_3));
      }
    }
  }

  // A copy to index in a loop: `sum` stays in registers only as long as its indices are constant, and a store is slow to
  // compile.
  var result: array<vec4<f32>, ROWS>;
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    result[r] = sum[r];
  }
  if (n4 < shape.n4) {
    let bias = params[arena + shape.bias + n4];
    let start = member * shape.y_stride + row_0 * shape.n4 + n4;
    for (var r = 0u; r < min(ROWS, step.rows - row_0); r++) {
      y[start + r * shape.n4] = select(vec4<f32>(0.0), activate4(result[r] + bias), columns < vec4<u32>(shape.n));
    }
  }
}
