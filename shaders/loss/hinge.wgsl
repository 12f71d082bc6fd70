// Multi-class hinge: every other class shall lie at least a margin below the label's. Outputs are scores, not logits.
//   h[b][c] = max(0, margin - z[b][label[b]] + z[b][c]) for c != label[b],  loss[b] = sum_c h[b][c] / classes
//   dloss/dz[b][c] = [h[b][c] > 0] / classes,  dloss/dz[b][label[b]] = -(number of c with h[b][c] > 0) / classes
// The margin is the member's own (lib/member.wgsl).
// Source: Weston and Watkins 1999, "Support Vector Machines for Multi-Class Pattern Recognition"; Crammer and Singer 2001 have the
// largest h in place of the sum. As torch.nn.MultiMarginLoss with p=1.

struct Row {
  loss: f32,
  is_hit: bool,
  label: u32,
  threshold: f32, // z above it costs: z[label] - margin
  above: f32,     // how many do
}

fn row_of(member: u32, row: u32, start: u32) -> Row {
  let label = label_of(member, row);
  let threshold = z_at(start, label) - population[member].margin;
  var sum = 0.0;
  var above = 0.0;
  for (var c = 0u; c < shape.outputs; c++) {
    let excess = z_at(start, c) - threshold;
    // A score that is no number shows in the loss: no comparison may hide it.
    if (c != label && !(excess <= 0.0)) {
      sum += excess;
      above += 1.0;
    }
  }
  return Row(sum / f32(shape.outputs), is_hit(member, row, start), label, threshold, above);
}

fn gradient4(own: Row, member: u32, row: u32, start: u32, c4: u32) -> vec4<f32> {
  let costs = select(vec4<f32>(0.0), vec4<f32>(1.0), z[start + c4] - own.threshold > vec4<f32>(0.0));
  let is_label = columns_of(c4) == vec4<u32>(own.label);
  return select(costs, vec4<f32>(-own.above), is_label) / f32(shape.outputs);
}
