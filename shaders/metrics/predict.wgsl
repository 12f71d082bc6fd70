// What each member predicts for the samples of a chunk:
//   log_p[c] = (z[c] - max z) - log(sum_k exp(z[k] - max z)),  winner = the first c with the largest z
// z, log_p [P, capacity, ceil4(classes)], pads of log_p are 0; labels u8 by sample, four to a word; outcomes [P + methods, count].
// The sample of a row is step.first_row + row: evaluation goes over them as they lie. A thread takes a row; workgroup z = member.

struct Shape {
  classes: u32,
  classes4: u32, // ceil(classes / 4)
  z_stride: u32, // vec4s from one member's part of z and log_p to the next
  count: u32,    // samples of the set
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> z: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> labels: array<u32>;
@group(1) @binding(3) var<storage, read_write> log_p: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
  let row = id.x;
  if (row >= step.rows) { return; }
  let member = group.z;
  let start = member * shape.z_stride + row * shape.classes4;
  let sample = step.first_row + row;
  let label = (labels[sample / 4u] >> (8u * (sample % 4u))) & 0xffu;

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
  let log_total = log(total);
  for (var c4 = 0u; c4 < shape.classes4; c4++) {
    let c = 4u * c4 + vec4<u32>(0u, 1u, 2u, 3u);
    let value = (z[start + c4] - largest) - log_total;
    log_p[start + c4] = select(vec4<f32>(0.0), value, c < vec4<u32>(shape.classes));
  }
  let loss = log_total - (z[start + label / 4u][label % 4u] - largest);
  outcomes[member * shape.count + sample] = Outcome(winner, 1.0 / total, loss);
}
