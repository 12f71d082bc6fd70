// Batch norm in training: each column of the batch to mean 0 and variance 1, then scaled and shifted.
//   mean = sum_b x[b] / rows,  var = sum_b (x[b] - mean)^2 / rows
//   y[b] = activate((x[b] - mean) / sqrt(var + eps) * weight + bias)
//   running_mean <- (1 - momentum) running_mean + momentum mean
//   running_var <- (1 - momentum) running_var + momentum var rows / (rows - 1)
// stats [P, 2, ceil4(n)] keeps mean and 1 / sqrt(var + eps) for backward. The rows of the chunk must be the whole batch.
// Where RUNNING says so, the running statistics are instead the mean over all batches so far, step.count of them before this
// one, as torch.optim.swa_utils.update_bn has it; or they stay as they are.
// Source: Ioffe and Szegedy 2015, "Batch Normalization"; as torch.nn.BatchNorm1d. Shapes: shape.wgsl.

@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> stats: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> running: array<vec4<f32>>;

const MOVES = 0u;
const IS_MEAN = 1u;
const STAYS = 2u;
const RUNNING = 0u; // one of those

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  if (step.rows == 0u) {
    return;
  }
  let member = group.z;
  let n4 = group.x * QUADS + thread % QUADS;
  let lane = thread / QUADS;
  let quad = min(n4, shape.n4 - 1u); // threads beside the matrix compute what its last ones do, and keep it to themselves
  let start = member * shape.stride + quad;
  let rows = f32(step.rows);

  var sum = vec4<f32>(0.0);
  for (var row = lane; row < step.rows; row += LANES) {
    sum += x[start + row * shape.n4];
  }
  let mean = column_sum(sum, thread) / rows;
  var squares = vec4<f32>(0.0);
  for (var row = lane; row < step.rows; row += LANES) {
    let centered = x[start + row * shape.n4] - mean;
    squares += centered * centered;
  }
  let variance = column_sum(squares, thread) / rows;
  let inv_std = inverseSqrt(variance + shape.eps);

  if (n4 < shape.n4) {
    if (lane == 0u) {
      let stats_at = member * 2u * shape.n4 + quad;
      stats[stats_at] = mean;
      stats[stats_at + shape.n4] = inv_std;
      if (RUNNING == IS_MEAN || (RUNNING == MOVES && population[member].enabled == 1u)) {
        let share = select(shape.momentum, 1.0 / f32(step.count + 1u), RUNNING == IS_MEAN);
        let mean_at = member * shape.running_stride + shape.running_mean + quad;
        let var_at = member * shape.running_stride + shape.running_var + quad;
        let unbiased = variance * (rows / max(rows - 1.0, 1.0));
        running[mean_at] = (1.0 - share) * running[mean_at] + share * mean;
        running[var_at] = (1.0 - share) * running[var_at] + share * unbiased;
      }
    }
    let columns = 4u * quad + vec4<u32>(0u, 1u, 2u, 3u);
    let scale = inv_std * params[member * shape.params_stride + shape.weight + quad];
    let bias = params[member * shape.params_stride + shape.bias + quad];
    for (var row = lane; row < step.rows; row += LANES) {
      let at = start + row * shape.n4;
      y[at] = select(vec4<f32>(0.0), activate4((x[at] - mean) * scale + bias), columns < vec4<u32>(shape.n));
    }
  }
}
