// Dense layer, gradients of its weights and bias, for software adapters; computes what dense_backward_weights.wgsl does
// and binds the same names.  dw[n][k] = sum_b dy[b][n] x[b][k],  dbias[n] = sum_b dy[b][n], pads are 0.
// A subgroup computes a tile of 4 * TURNS outputs by 4 * QUADS * SUBGROUP inputs in registers, QUADS adjacent vec4s of
// inputs a lane, four samples an iteration: a matrix x of their inputs times a vector of their dy, which is spread over
// the lanes (lanes.wgsl; TURNS <= SUBGROUP, lanes_quad: 4).
// One more group along x computes the bias. What becomes of a gradient: nn/keep_gradient.wgsl or optim/apply.wgsl.

const QUADS = 1u;
const TURNS = SUBGROUP;
const TILE = 4u * TURNS * QUADS;

@group(1) @binding(2) var<storage, read> dy: array<vec4<f32>>;

@compute @workgroup_size(SUBGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let member = group.z;
  let own = row_of(member);
  let n4_0 = group.y * TURNS;
  let dy_start = member * shape.y_stride + min(n4_0 + lane, shape.n4 - 1u);
  if (group.x * SUBGROUP * QUADS >= shape.k4) {
    var sum = vec4<f32>(0.0);
    for (var row = 0u; row < step.rows; row++) {
      sum += dy[dy_start + row * shape.n4];
    }
    if (lane < TURNS && n4_0 + lane < shape.n4) {
      take_gradient(own, member, shape.params_stride, shape.bias + n4_0 + lane, sum);
    }
    return;
  }
  let k4_0 = (group.x * SUBGROUP + lane) * QUADS;
  let last = step.rows - 1u;

  var sum: array<vec4<f32>, TILE>;
  for (var row_0 = 0u; row_0 < step.rows; row_0 += 4u) {
    var dy4: array<vec4<f32>, 4>;
    var x: array<mat4x4<f32>, QUADS>; // a column a sample
    // @unroll
    for (var s = 0u; s < 4u; s++) {
      let row = min(row_0 + s, last);
      dy4[s] = select(vec4<f32>(0.0), dy[dy_start + row * shape.n4], row_0 + s <= last);
      let x_start = x_row(member, row);
      // @unroll
      for (var q = 0u; q < QUADS; q++) {
        x[q][s] = load_x4(x_start, min(k4_0 + q, shape.k4 - 1u));
      }
    }
    let d = transpose(mat4x4<f32>(dy4[0], dy4[1], dy4[2], dy4[3])); // a column an output
    // @unroll
    for (var t = 0u; t < TURNS; t++) {
      // @unroll
      for (var j = 0u; j < 4u; j++) {
        let samples = take_turn(d[j], t);
        // @unroll
        for (var q = 0u; q < QUADS; q++) {
          sum[(t * QUADS + q) * 4u + j] += x[q] * samples;
        }
      }
    }
  }

  // A copy to index in a loop: see dense_forward_subgroup.wgsl.
  var result: array<vec4<f32>, TILE>;
  // @unroll
  for (var i = 0u; i < TILE; i++) {
    result[i] = sum[i];
  }
  for (var i = 0u; i < TILE; i++) {
    let k4 = k4_0 + (i / 4u) % QUADS;
    let n = 4u * (n4_0 + lane_at(lane, i / (4u * QUADS))) + i % 4u;
    if (n < shape.n && k4 < shape.k4) {
      let columns = 4u * k4 + vec4<u32>(0u, 1u, 2u, 3u);
      let gradient = select(vec4<f32>(0.0), result[i], columns < vec4<u32>(shape.k));
      take_gradient(own, member, shape.params_stride, shape.weight + n * shape.k4 + k4, gradient);
    }
  }
}
