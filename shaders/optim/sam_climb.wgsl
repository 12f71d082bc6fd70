// SAM, around any optimizer: the gradient is taken at the worst point nearby, so that a step leads to where the loss is flat.
// This kernel goes there; sam_return.wgsl comes back, before the optimizer's step with the gradient found.
//   held <- x
//   x <- x + rho g / |g|, the norm over all parameters
// params, grads, held [P, stride], partials [P, GROUPS] from gradient_norm.wgsl. Workgroup z = member.
// Source: Foret et al. 2021, "Sharpness-Aware Minimization for Efficiently Improving Generalization", equation 2 with p = 2.

const GROUPS = 32u;

struct Shape {
  quads: u32, // stride / 4
  rho: f32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> partials: array<f32>;
@group(1) @binding(3) var<storage, read_write> params: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> held: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  var total = 0.0;
  for (var i = 0u; i < GROUPS; i++) {
    total += partials[group.z * GROUPS + i];
  }
  let norm = sqrt(total);
  // A step of no samples compiles the kernel, and changes nothing.
  if (step.rows == 0u) {
    return;
  }
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    let at = group.z * shape.quads + quad;
    let x = params[at];
    held[at] = x;
    if (norm > 0.0) {
      params[at] = x + shape.rho / norm * grads[at];
    }
  }
}
