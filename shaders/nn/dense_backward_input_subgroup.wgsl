// Dense layer, gradient of its input, for software adapters; computes what dense_backward_input.wgsl does and binds the
// same names.  dx[b][k] = (sum_n dy[b][n] w[n][k]) * activation_gradient(y[b][k]), pads of dx are 0.
// A subgroup computes a tile of ROWS rows by 4 * SUBGROUP inputs in registers, four adjacent inputs a lane. dy is spread
// over the lanes (lanes.wgsl); TURNS <= SUBGROUP vec4s of n an iteration (lanes_quad: 4).

const ROWS = 10u;
const TURNS = SUBGROUP;

@group(1) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> y: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> dx: array<vec4<f32>>;

@compute @workgroup_size(SUBGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let member = group.z;
  let row_0 = group.y * ROWS;
  if (row_0 >= step.rows) {
    return;
  }
  let k4 = group.x * SUBGROUP + lane;
  let w_start = member * shape.params_stride + shape.weight + min(k4, shape.k4 - 1u);
  let dy_start = member * shape.y_stride;
  let last = shape.n4 - 1u;

  var sum: array<vec4<f32>, ROWS>;
  for (var n4 = 0u; n4 < shape.n4; n4 += TURNS) {
    let mine = n4 + lane;
    var dy4: array<vec4<f32>, ROWS>;
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      let row = min(row_0 + r, step.rows - 1u);
      dy4[r] = select(vec4<f32>(0.0), dy[dy_start + row * shape.n4 + min(mine, last)], mine <= last);
    }
    // @unroll
    for (var t = 0u; t < TURNS; t++) {
      let outputs = 4u * (n4 + lane_at(lane, t)) + vec4<u32>(0u, 1u, 2u, 3u);
      let w = w_start + min(outputs, vec4<u32>(shape.n - 1u)) * shape.k4;
      let w_0 = params[w.x];
      let w_1 = params[w.y];
      let w_2 = params[w.z];
      let w_3 = params[w.w];
      // @unroll
      for (var r = 0u; r < ROWS; r++) {
        let d = take_turn(dy4[r], t);
        sum[r] += d.x * w_0 + d.y * w_1 + d.z * w_2 + d.w * w_3;
      }
    }
  }

  // A copy to index in a loop: see dense_forward_subgroup.wgsl.
  var result: array<vec4<f32>, ROWS>;
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    result[r] = sum[r];
  }
  if (k4 < shape.k4) {
    let columns = 4u * k4 + vec4<u32>(0u, 1u, 2u, 3u);
    let start = member * shape.x_stride + row_0 * shape.k4 + k4;
    for (var r = 0u; r < min(ROWS, step.rows - row_0); r++) {
      let at = start + r * shape.k4;
      dx[at] = select(vec4<f32>(0.0), result[r] * activation_gradient4(y[at]), columns < vec4<u32>(shape.k));
    }
  }
}
