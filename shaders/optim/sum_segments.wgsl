// Sums of four terms over each segment, in a fixed order: each of its 64 threads leaves the sum over its own quads. (No
// workgroup adds them up: on a CPU adapter its barriers would take longer than the sums.)
//   partials[segment, thread] <- sum of terms over every 64th quad of the segment
// grads [P, stride], partials [P, segments, 64] of vec4s. Workgroups: x, y count segments, z = member.

struct Shape {
  quads: u32,    // stride / 4
  segments: u32,
  tensors: u32,
  scalars: u32,  // vec4s from one member's scalars to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> partials: array<vec4<f32>>;

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
  var sum = vec4<f32>();
  for (var quad = part.begin + thread; quad < part.end; quad += 64u) {
    sum += take_terms(row, member, shape.quads, quad, grads[member * shape.quads + quad]);
  }
  partials[(member * shape.segments + segment) * 64u + thread] = sum;
}
