// What SOAP's products start from, by tensor; see soap.wgsl.
//   work[0] <- g;   of a preconditioned tensor: m <- beta1 m + (1 - beta1) g, work[1] <- m
// grads [P, stride], state [P, SLOTS, stride], work [4, P, stride]; `scalars` as soap.wgsl has them. Workgroups: x, y count
// segments, z = member.

struct Shape {
  quads: u32,    // stride / 4
  segments: u32,
  tensors: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> state: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> work: array<vec4<f32>>;

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
  load_scalars(member, part.tensor, 0u);
  for (var quad = part.begin + thread; quad < part.end; quad += 64u) {
    let at = member * shape.quads + quad;
    let g = grads[at];
    work[at] = g;
    if (scalars.x > 0.0 && row.enabled != 0u) {
      let average_at = (member * SLOTS + exp_avg) * shape.quads + quad;
      let m = row.hyper.beta1 * state[average_at] + row.hyper.one_minus_beta1 * g;
      state[average_at] = m;
      work[step.members * shape.quads + at] = m;
    }
  }
}
