// What members predict together, by three methods, each a row of outcomes behind the members':
//   mean       p[c] = sum_m p_m[c] / P
//   vote       p[c] = members whose winner is c / P; where several have most, the one of the largest mean p is predicted
//   geometric  p[c] proportional to (prod_m p_m[c])^(1 / P): softmax of the mean of log p_m[c]
// log_p [P, capacity, ceil4(classes)] as metrics/predict.wgsl leaves it, as are the members' outcomes. Members are added in their
// order, so that the result has the same bits each time. Probabilities are added as logarithms less the largest, so that a loss
// stays finite where they are too small for f32. A vote has no loss (nobody may vote for the label): its entry is 0. A thread
// takes a row.

struct Shape {
  classes: u32,
  classes4: u32, // ceil(classes / 4)
  z_stride: u32, // vec4s from one member's part of log_p to the next
  count: u32,    // samples of the set
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> labels: array<u32>;
@group(1) @binding(2) var<storage, read> log_p: array<vec4<f32>>;

fn log_p_of(member: u32, row: u32, c: u32) -> f32 {
  return log_p[member * shape.z_stride + row * shape.classes4 + c / 4u][c % 4u];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x;
  if (row >= step.rows) { return; }
  let sample = step.first_row + row;
  let label = (labels[sample / 4u] >> (8u * (sample % 4u))) & 0xffu;
  let members = step.members;
  let share = 1.0 / f32(members);

  var mean = Outcome(0u, 0.0, 0.0);      // confidence holds log p until the end
  var vote = Outcome(0u, 0.0, 0.0);      // and here votes
  var geometric = Outcome(0u, 0.0, 0.0); // and here the mean of log p, of the label in loss
  var vote_mean = 0.0; // log p by the mean, of the vote's winner
  var total = 0.0;     // of the geometric probabilities, over that of its winner
  for (var c = 0u; c < shape.classes; c++) {
    var largest = log_p_of(0u, row, c);
    var sum_log = 0.0;
    var votes = 0u;
    for (var m = 0u; m < members; m++) {
      let value = log_p_of(m, row, c);
      largest = max(largest, value);
      sum_log += value;
      votes += select(0u, 1u, outcomes[m * shape.count + sample].winner == c);
    }
    var sum = 0.0;
    for (var m = 0u; m < members; m++) {
      sum += exp(log_p_of(m, row, c) - largest);
    }
    let log_mean = largest + log(sum * share);
    let log_geometric = sum_log * share;
    let is_first = c == 0u;

    if (is_first || log_mean > mean.confidence) { mean = Outcome(c, log_mean, mean.loss); }
    let has_most = f32(votes) > vote.confidence || (f32(votes) == vote.confidence && log_mean > vote_mean);
    if (is_first || has_most) {
      vote = Outcome(c, f32(votes), vote.loss);
      vote_mean = log_mean;
    }
    if (is_first || log_geometric > geometric.confidence) {
      total = select(total * exp(geometric.confidence - log_geometric), 0.0, is_first) + 1.0;
      geometric = Outcome(c, log_geometric, geometric.loss);
    } else {
      total += exp(log_geometric - geometric.confidence);
    }
    if (c == label) {
      mean.loss = -log_mean;
      geometric.loss = log_geometric;
    }
  }
  mean.confidence = exp(mean.confidence);
  vote.confidence *= share;
  geometric.loss = log(total) - (geometric.loss - geometric.confidence);
  geometric.confidence = 1.0 / total;
  outcomes[members * shape.count + sample] = mean;
  outcomes[(members + 1u) * shape.count + sample] = vote;
  outcomes[(members + 2u) * shape.count + sample] = geometric;
}
