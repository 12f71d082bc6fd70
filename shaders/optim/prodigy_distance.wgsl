// Prodigy's estimate of the distance, once the sums over all of a member's parameters are there: see prodigy.wgsl.
//   r <- beta3 r + (1 - beta3) lr d^2 <g, x0 - x>
//   d <- max(d, d_coef r / |s|_1)
// sums [P] of vec4s: <g, x0 - x>, |s|_1. extra [P, stride] of vec4s: d, r. Workgroup z = member.

struct Shape {
  stride: u32,
  numerator: u32, // where r lies in a member's part; d lies at 0
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> sums: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> extra: array<vec4<f32>>;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
  let row = row_of(group.z);
  if (row.enabled == 0u) {
    return;
  }
  let h = row.hyper;
  let at = group.z * shape.stride;
  let d = extra[at].x;
  let r = h.beta3 * extra[at + shape.numerator].x + h.one_minus_beta3 * h.lr * d * d * sums[group.z].x;
  extra[at + shape.numerator].x = r;
  let norm = sums[group.z].y;
  if (norm > 0.0) {
    extra[at].x = max(d, h.d_coef * r / norm);
  }
}
