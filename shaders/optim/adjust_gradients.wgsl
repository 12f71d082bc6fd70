// Changes every member's gradients element by element before the optimizer's step:
//   g <- adjust(g)
// The file joined before this one has `adjust`: l1.wgsl, clip_value.wgsl or gradient_noise.wgsl. grads [P, stride], pads stay
// 0. Workgroups: x, y count segments, z = member.

struct Shape {
  quads: u32,    // stride / 4
  segments: u32,
  tensors: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read_write> grads: array<vec4<f32>>;

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
  let place = tensors[part.tensor];
  for (var quad = part.begin + thread; quad < part.end; quad += 64u) {
    let at = member * shape.quads + quad;
    grads[at] = adjust(grads[at], member, place, quad, at);
  }
}
