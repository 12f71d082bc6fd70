// Lookahead, around any optimizer: slow weights follow the fast ones every k steps, which then start from them again.
//   slow <- slow + alpha (x - slow)
//   x <- slow
// params, slow [P, stride]. Workgroup z = member.
// Source: Zhang et al. 2019, "Lookahead Optimizer: k steps forward, 1 step back", algorithm 1.

struct Shape {
  quads: u32, // stride / 4
  alpha: f32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> slow: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  if (row_of(group.z).enabled == 0u) {
    return;
  }
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    let at = group.z * shape.quads + quad;
    let before = slow[at];
    let next = before + shape.alpha * (params[at] - before);
    slow[at] = next;
    params[at] = next;
  }
}
