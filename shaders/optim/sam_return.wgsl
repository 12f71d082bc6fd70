// Back from where sam_climb.wgsl went: params <- held, both [P, stride]. Workgroup z = member.

struct Shape {
  quads: u32, // stride / 4
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> held: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> params: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  if (step.rows == 0u) {
    return;
  }
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    params[group.z * shape.quads + quad] = held[group.z * shape.quads + quad];
  }
}
