// Softmax with cross-entropy, its gradient, and the step's metrics, in one:
//   p = softmax(z),  loss[b] = -log p[b][label[b]],  dz[b][c] = (p[b][c] - [c == label[b]]) * inv_batch, pads of dz are 0.
// With mixup of share m the target is t[c] = m [c == label[b]] + (1 - m) [c == other label[b]]; hits are of label[b].
// With label smoothing s the target is (1 - s) t[c] + s / classes, and loss[b] = -sum_c t[c] log p[b][c].
//   metrics.loss = sum_b loss[b] * inv_batch,  metrics.hits = samples whose first largest z is at their label
// z, dz [P, capacity, ceil4(classes)]; labels: lib/labels.wgsl; metrics: lib/metrics.wgsl.
// The first chunk of a step starts the metrics afresh, the others add to them. Softmax of z - max(z), which cannot overflow.
// One workgroup a member; a thread takes every 64th row, and the partial sums are added in the order of the threads, so
// that the result has the same bits each time.
// Source: Bridle 1990, "Probabilistic Interpretation of Feedforward Classification Network Outputs"; as torch.nn.CrossEntropyLoss.

struct Shape {
  classes: u32,
  classes4: u32, // ceil(classes / 4)
  z_stride: u32, // vec4s from one member's part of z and dz to the next
  tiles: u32,    // of the metrics table (metrics.wgsl); this kernel uses the first
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> z: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> dz: array<vec4<f32>>;

const SMOOTH = false; // whether labels are smoothed: loss/label_smoothing.wgsl, else loss/hard_labels.wgsl
const MIX = false;    // whether rows share theirs with another: loss/mixed_labels.wgsl, else loss/one_label.wgsl
const THREADS = 64u;
var<workgroup> partial_loss: array<f32, THREADS>;
var<workgroup> partial_hits: array<u32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let member = group.z;
  let smoothing = smoothing_of(member);
  let share = mix_of(member);
  var loss = 0.0;
  var hits = 0u;
  for (var row = thread; row < step.rows; row += THREADS) {
    let start = member * shape.z_stride + row * shape.classes4;
    let label = label_of(member, row);

    var largest = z[start].x;
    var winner = 0u;
    for (var c = 1u; c < shape.classes; c++) {
      let value = z[start + c / 4u][c % 4u];
      if (value > largest) {
        largest = value;
        winner = c;
      }
    }
    var total = 0.0;
    for (var c = 0u; c < shape.classes; c++) {
      total += exp(z[start + c / 4u][c % 4u] - largest);
    }
    let other = other_label_of(member, row);
    var own = z[start + label / 4u][label % 4u] - largest;
    if (MIX) {
      own = share * own + (1.0 - share) * (z[start + other / 4u][other % 4u] - largest);
    }
    loss += log(total) - own; // this order keeps the digits of log(total)
    hits += select(0u, 1u, winner == label);
    if (SMOOTH) { // -sum_c t[c] log p[c]
      var others = 0.0;
      for (var c = 0u; c < shape.classes; c++) {
        others += z[start + c / 4u][c % 4u] - largest;
      }
      loss += smoothing * (own - others / f32(shape.classes));
    }

    for (var c4 = 0u; c4 < shape.classes4; c4++) {
      let c = 4u * c4 + vec4<u32>(0u, 1u, 2u, 3u);
      let p = exp(z[start + c4] - largest) / total;
      var target_p = select(vec4<f32>(0.0), vec4<f32>(1.0), c == vec4<u32>(label));
      if (MIX) {
        target_p = share * target_p + (1.0 - share) * select(vec4<f32>(0.0), vec4<f32>(1.0), c == vec4<u32>(other));
      }
      if (SMOOTH) {
        target_p = (1.0 - smoothing) * target_p + smoothing / f32(shape.classes);
      }
      dz[start + c4] = select(vec4<f32>(0.0), (p - target_p) * step.inv_batch, c < vec4<u32>(shape.classes));
    }
  }
  partial_loss[thread] = loss;
  partial_hits[thread] = hits;
  workgroupBarrier();
  if (thread == 0u) {
    var sum_loss = 0.0;
    var sum_hits = 0u;
    for (var i = 0u; i < THREADS; i++) {
      sum_loss += partial_loss[i];
      sum_hits += partial_hits[i];
    }
    add_metrics((step.slot * step.members + member) * shape.tiles, sum_loss, sum_hits);
  }
}
