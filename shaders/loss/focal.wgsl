// Focal loss: cross-entropy that weighs samples less the surer they are told right. gamma = 0 is cross-entropy.
//   p = softmax(z),  q[b] = 1 - p[b][label[b]],  loss[b] = -q[b]^gamma log p[b][label[b]]
//   dloss/dz[b][c] = q[b]^gamma (gamma p log(p) / q - 1) ([c == label[b]] - p[b][c]), p and q those of the label
// q is the sum of the other classes' probabilities, and log(p) / q its series in q where q is small: both keep their digits
// where p is nearly 1. gamma is the member's own (lib/member.wgsl).
// Source: Lin et al. 2017, "Focal Loss for Dense Object Detection", for softmax in place of sigmoid.

struct Row {
  loss: f32,
  is_hit: bool,
  label: u32,
  largest: f32,
  total: f32,  // sum of exp(z - largest)
  q: f32,
  factor: f32, // of the gradient
}

const FEW = 0.0625; // below it seven terms of the series are exact to f32

fn row_of(member: u32, row: u32, start: u32) -> Row {
  let label = label_of(member, row);
  let gamma = population[member].gamma;
  let winner = winner_of(start);
  let largest = z_at(start, winner);
  var others = 0.0;
  for (var c = 0u; c < shape.outputs; c++) {
    others += select(exp(z_at(start, c) - largest), 0.0, c == label);
  }
  let own = z_at(start, label) - largest;
  let total = others + exp(own);
  let q = others / total;
  let series = -(1.0 + q * (1.0 / 2.0 + q * (1.0 / 3.0 + q * (0.25 + q * (0.2 + q * (1.0 / 6.0 + q / 7.0))))));
  let ratio = select((own - log(total)) / q, series, q < FEW); // log(p) / q
  let weight = select(exp(gamma * log(q)), select(0.0, 1.0, gamma == 0.0), q == 0.0); // q^gamma
  let p = exp(own) / total;
  return Row(-weight * (ratio * q), winner == label, label, largest, total, q, weight * (gamma * p * ratio - 1.0));
}

fn gradient4(own: Row, member: u32, row: u32, start: u32, c4: u32) -> vec4<f32> {
  let p = exp(z[start + c4] - own.largest) / own.total;
  return own.factor * select(-p, vec4<f32>(own.q), columns_of(c4) == vec4<u32>(own.label));
}
