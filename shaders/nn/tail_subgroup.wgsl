// The tail of a classifier in one kernel, for software adapters: the last dense layer, softmax with cross-entropy, and the
// gradient of the layer's input. What dense_forward, loss/softmax_cross_entropy and dense_backward_input do one by one:
//   z[b][n] = sum_k x[b][k] w[n][k] + bias[n],  p = softmax(z),  loss[b] = -log p[b][label[b]]
//   dz[b][n] = (p[b][n] - [n == label[b]]) * inv_batch,  dx[b][k] = (sum_n dz[b][n] w[n][k]) * activation_gradient(x[b][k])
// A subgroup computes ROWS rows. Its lanes hold all classes, four adjacent ones a lane: n <= 4 * SUBGROUP. Values of other
// lanes come in turns (lanes.wgsl). Loss and hits: a row of the metrics table for each tile of rows (metrics.wgsl).
// Shapes as in dense_shape.wgsl; labels: lib/labels.wgsl.

const ROWS = 10u;
const TURNS_K = SUBGROUP; // vec4s of k an iteration
const TURNS_N = SUBGROUP; // vec4s of n, all of them (lanes_quad: 4)
const LOWEST = -3.4e38;

struct Shape {
  k: u32,  // inputs
  k4: u32, // ceil(k / 4)
  n: u32,  // classes
  n4: u32,
  weight: u32, // offset of w, in vec4s as all below
  bias: u32,
  params_stride: u32,
  x_stride: u32,
  y_stride: u32, // of z
  tiles: u32, // of the metrics table
}

@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> dz: array<vec4<f32>>;
@group(1) @binding(5) var<storage, read_write> dx: array<vec4<f32>>;
@group(1) @binding(6) var<uniform> shape: Shape;

fn lanes_max(mine: f32) -> f32 {
  var result = mine;
  // @unroll
  for (var t = 0u; t < TURNS_N; t++) {
    result = max(result, take_turn_scalar(mine, t));
  }
  return result;
}

fn lanes_sum(mine: f32) -> f32 {
  var result = 0.0;
  // @unroll
  for (var t = 0u; t < TURNS_N; t++) {
    result += take_turn_scalar(mine, t);
  }
  return result;
}

@compute @workgroup_size(SUBGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let member = group.z;
  let row_0 = group.y * ROWS;
  let columns = 4u * lane + vec4<u32>(0u, 1u, 2u, 3u);
  let is_class = columns < vec4<u32>(shape.n);
  let arena = member * shape.params_stride;
  let weights = arena + shape.weight;
  let x_start = member * shape.x_stride;
  let last_row = max(step.rows, 1u) - 1u;
  let last_k4 = shape.k4 - 1u;

  let w = weights + min(columns, vec4<u32>(shape.n - 1u)) * shape.k4;
  var z: array<vec4<f32>, ROWS>;
  for (var k4 = 0u; k4 < shape.k4; k4 += TURNS_K) {
    let mine = k4 + lane;
    var x4: array<vec4<f32>, ROWS>;
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      let row = min(row_0 + r, last_row);
      x4[r] = select(vec4<f32>(0.0), x[x_start + row * shape.k4 + min(mine, last_k4)], mine <= last_k4);
    }
    // @unroll
    for (var t = 0u; t < TURNS_K; t++) {
      let at = min(k4 + lane_at(lane, t), last_k4);
      let w_0 = params[w.x + at];
      let w_1 = params[w.y + at];
      let w_2 = params[w.z + at];
      let w_3 = params[w.w + at];
      // @unroll
      for (var r = 0u; r < ROWS; r++) {
        let a = take_turn(x4[r], t);
        z[r] += vec4<f32>(dot(a, w_0), dot(a, w_1), dot(a, w_2), dot(a, w_3));
      }
    }
  }

  let bias = params[arena + shape.bias + min(lane, shape.n4 - 1u)];
  var gradient: array<vec4<f32>, ROWS>;
  var loss = 0.0;
  var hits = 0u;
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    let row = row_0 + r;
    let is_row = row < step.rows;
    let label = label_of(member, min(row, last_row));
    let logits = select(vec4<f32>(LOWEST), z[r] + bias, is_class);
    let is_label = columns == vec4<u32>(label);
    let largest = lanes_max(max(max(logits.x, logits.y), max(logits.z, logits.w)));
    let powers = select(vec4<f32>(0.0), exp(logits - largest), is_class);
    let total = lanes_sum(dot(powers, vec4<f32>(1.0)));
    let at_label = lanes_sum(dot(select(vec4<f32>(0.0), logits - largest, is_label), vec4<f32>(1.0)));
    // The first class with the largest logit: the lowest column.
    let candidates = select(vec4<f32>(LOWEST), -vec4<f32>(columns), logits == vec4<f32>(largest));
    let winner = lanes_max(max(max(candidates.x, candidates.y), max(candidates.z, candidates.w)));
    loss += select(0.0, log(total) - at_label, is_row);
    hits += select(0u, 1u, is_row && winner == -f32(label));
    let p = powers / total - select(vec4<f32>(0.0), vec4<f32>(1.0), is_label);
    gradient[r] = select(vec4<f32>(0.0), p * step.inv_batch, is_class & vec4<bool>(is_row));
  }
  if (lane == 0u) {
    add_metrics((step.slot * step.members + member) * shape.tiles + group.y, loss, hits);
  }
  let rows = min(ROWS, max(step.rows, row_0) - row_0);
  var result: array<vec4<f32>, ROWS>; // a copy to index in a loop: see dense_forward_subgroup.wgsl
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    result[r] = gradient[r];
  }
  if (lane < shape.n4) {
    let start = member * shape.y_stride + row_0 * shape.n4 + lane;
    for (var r = 0u; r < rows; r++) {
      dz[start + r * shape.n4] = result[r];
    }
  }

  for (var k4 = 0u; k4 < shape.k4; k4 += SUBGROUP) {
    let mine = min(k4 + lane, last_k4);
    var sum: array<vec4<f32>, ROWS>; // set to 0 below: Dawn leaves a loop's variable as its last turn did
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      sum[r] = vec4<f32>(0.0);
    }
    // @unroll
    for (var t = 0u; t < TURNS_N; t++) {
      let outputs = 4u * lane_at(lane, t) + vec4<u32>(0u, 1u, 2u, 3u);
      let v = weights + min(outputs, vec4<u32>(shape.n - 1u)) * shape.k4 + mine;
      let v_0 = params[v.x];
      let v_1 = params[v.y];
      let v_2 = params[v.z];
      let v_3 = params[v.w];
      // @unroll
      for (var r = 0u; r < ROWS; r++) {
        let d = take_turn(gradient[r], t);
        sum[r] += d.x * v_0 + d.y * v_1 + d.z * v_2 + d.w * v_3;
      }
    }
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      result[r] = sum[r];
    }
    if (k4 + lane < shape.k4) {
      let start = x_start + row_0 * shape.k4 + mine;
      for (var r = 0u; r < rows; r++) {
        let at = start + r * shape.k4;
        dx[at] = result[r] * activation_gradient4(x[at]);
      }
    }
  }
}
