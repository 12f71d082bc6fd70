// Clipping by global norm: where the norm of all of a member's gradients together exceeds clip_norm, they shrink to it.
//   norm = sqrt(sum of partials),  g <- g min(1, clip_norm / (norm + 1e-6))
// grads [P, stride], partials [P, GROUPS] from gradient_norm.wgsl. Workgroup z = member.
// Source: Pascanu, Mikolov and Bengio 2013, "On the Difficulty of Training Recurrent Neural Networks", algorithm 1; as
// torch.nn.utils.clip_grad_norm_.

const GROUPS = 32u;

struct Shape {
  quads: u32, // stride / 4
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read_write> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> partials: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let member = group.z;
  var total = 0.0;
  for (var i = 0u; i < GROUPS; i++) {
    total += partials[member * GROUPS + i];
  }
  let factor = min(1.0, population[member].clip_norm / (sqrt(total) + 1e-6));
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    grads[member * shape.quads + quad] *= factor;
  }
}
