// The weights that are evaluated, where they are not those that training goes on with: the optimizer's file, joined to this
// one, has `struct View` and `view` of an element.
//   seen[i] <- view(params[i], state[0..SLOTS][i], view hyper)
// params, seen [P, stride], state [P, SLOTS, stride], views [P]. Workgroup z = member.

struct Shape {
  quads: u32, // stride / 4
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> state: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> views: array<View>;
@group(1) @binding(4) var<storage, read_write> seen: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let member = group.z;
  let h = views[member];
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    var x = params[member * shape.quads + quad];
    // @unroll
    for (var lane = 0u; lane < 4u; lane++) {
      var own: array<f32, SLOTS>;
      // @unroll
      for (var slot = 0u; slot < SLOTS; slot++) {
        own[slot] = state[(member * SLOTS + slot) * shape.quads + quad][lane];
      }
      x[lane] = view(x[lane], &own, h);
    }
    seen[member * shape.quads + quad] = x;
  }
}
