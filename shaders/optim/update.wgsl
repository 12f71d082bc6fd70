// One step of an optimizer for every parameter of every member, from gradients that lie in memory. The mathematics of an
// element is in the optimizer's own file, how four of them are loaded and stored in apply.wgsl or apply_stateless.wgsl, both
// joined to this one. params, grads [P, stride]. Workgroup z = member.

struct Shape {
  quads: u32, // stride / 4
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let member = group.z;
  let row = row_of(member);
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    take_gradient(row, member, shape.quads, quad, grads[member * shape.quads + quad]);
  }
}
