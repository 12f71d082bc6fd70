// Softmax with cross-entropy:
//   p = softmax(z),  loss[b] = -log p[b][label[b]],  dloss/dz[b][c] = p[b][c] - [c == label[b]]
// With mixup of share m the target is t[c] = m [c == label[b]] + (1 - m) [c == other label[b]]; hits are of label[b].
// With label smoothing s the target is (1 - s) t[c] + s / classes, and loss[b] = -sum_c t[c] log p[b][c].
// Softmax of z - max(z), which cannot overflow.
// Source: Bridle 1990, "Probabilistic Interpretation of Feedforward Classification Network Outputs"; as torch.nn.CrossEntropyLoss.

const SMOOTH = false; // whether labels are smoothed: loss/label_smoothing.wgsl, else loss/hard_labels.wgsl
const MIX = false;    // whether rows share theirs with another: loss/mixed_labels.wgsl, else loss/one_label.wgsl

struct Row {
  loss: f32,
  is_hit: bool,
  label: u32,
  other: u32,   // the label that it shares the target with
  largest: f32,
  total: f32,   // sum of exp(z - largest)
}

fn row_of(member: u32, row: u32, start: u32) -> Row {
  let label = label_of(member, row);
  let other = other_label_of(member, row);
  let winner = winner_of(start);
  let largest = z_at(start, winner);
  var total = 0.0;
  for (var c = 0u; c < shape.outputs; c++) {
    total += exp(z_at(start, c) - largest);
  }
  var own = z_at(start, label) - largest;
  if (MIX) {
    let share = mix_of(member);
    own = share * own + (1.0 - share) * (z_at(start, other) - largest);
  }
  var loss = log(total) - own; // this order keeps the digits of log(total)
  if (SMOOTH) { // -sum_c t[c] log p[c]
    var others = 0.0;
    for (var c = 0u; c < shape.outputs; c++) {
      others += z_at(start, c) - largest;
    }
    loss += smoothing_of(member) * (own - others / f32(shape.outputs));
  }
  return Row(loss, winner == label, label, other, largest, total);
}

fn gradient4(own: Row, member: u32, row: u32, start: u32, c4: u32) -> vec4<f32> {
  let c = columns_of(c4);
  let p = exp(z[start + c4] - own.largest) / own.total;
  var target_p = select(vec4<f32>(0.0), vec4<f32>(1.0), c == vec4<u32>(own.label));
  if (MIX) {
    let share = mix_of(member);
    target_p = share * target_p + (1.0 - share) * select(vec4<f32>(0.0), vec4<f32>(1.0), c == vec4<u32>(own.other));
  }
  if (SMOOTH) {
    let smoothing = smoothing_of(member);
    target_p = (1.0 - smoothing) * target_p + smoothing / f32(shape.outputs);
  }
  return p - target_p;
}
