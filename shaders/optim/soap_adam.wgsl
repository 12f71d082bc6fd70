// Adam in the eigenbasis, by tensor; see soap.wgsl.
//   v <- beta2 v + (1 - beta2) g'^2
//   g' <- m' / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps), in its place
// state [P, SLOTS, stride], work [4, P, stride], of which g' and m' are the parts scalars.y and the next. Workgroups: x, y
// count segments, z = member.

struct Shape {
  quads: u32,    // stride / 4
  segments: u32,
  tensors: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read_write> state: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> work: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let segment = group.x + group.y * workgroups.x;
  let member = group.z;
  if (segment >= shape.segments) {
    return;
  }
  let part = segment_at(segment, shape.tensors);
  let row = row_in(member, part.group);
  let h = row.hyper;
  load_scalars(member, part.tensor, 0u);
  if (scalars.x == 0.0 || row.enabled == 0u) {
    return;
  }
  for (var quad = part.begin + thread; quad < part.end; quad += 64u) {
    let at = (u32(scalars.y) * step.members + member) * shape.quads + quad;
    let g = work[at];
    let m = work[at + step.members * shape.quads];
    let square_at = (member * SLOTS + exp_avg_sq) * shape.quads + quad;
    let v = h.beta2 * state[square_at] + h.one_minus_beta2 * g * g;
    state[square_at] = v;
    work[at] = h.correction1 * m / (sqrt(v * h.correction2) + h.eps);
  }
}
