// update.wgsl by tensor, for an optimizer that wants to know more than the element (scalars.wgsl), or where groups of tensors
// have hyper-parameters of their own: one step for every parameter of every member. params, grads [P, stride]. Workgroups:
// x, y count segments, z = member.

const READS_GRADIENT = true; // false: the step goes by the state alone

struct Shape {
  quads: u32,    // stride / 4
  segments: u32,
  tensors: u32,
  scalars: u32,  // vec4s from one member's scalars to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;

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
  load_scalars(member, part.tensor, shape.scalars);
  for (var quad = part.begin + thread; quad < part.end; quad += 64u) {
    var gradient = vec4<f32>();
    if (READS_GRADIENT) {
      gradient = grads[member * shape.quads + quad];
    }
    take_gradient(row, member, shape.quads, quad, gradient);
  }
}
