// Sums that the line search of lbfgs.wgsl needs, in a fixed order: each thread leaves those over its own quads.
//   partials[0, thread] <- (g d, g0 d, |g|_1),  partials[1, thread] <- (largest |g|, largest |d|)
// grads [P, stride], state [P, SLOTS, stride], partials [P, columns, threads] of vec4s. Workgroup z = member.

struct Shape {
  quads: u32,   // that hold parameters
  stride: u32,  // quads from one member to the next
  columns: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> state: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> partials: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let threads = workgroups.x * 64u;
  let slots = group.z * SLOTS * shape.stride;
  var slope = vec4<f32>();
  var start_slope = vec4<f32>();
  var size = vec4<f32>();
  var most_g = vec4<f32>();
  var most_d = vec4<f32>();
  for (var quad = id.x; quad < shape.quads; quad += threads) {
    let g = grads[group.z * shape.stride + quad];
    let along = state[slots + d * shape.stride + quad];
    slope += g * along;
    start_slope += state[slots + prev_flat_grad * shape.stride + quad] * along;
    size += abs(g);
    most_g = max(most_g, abs(g));
    most_d = max(most_d, abs(along));
  }
  let at = group.z * shape.columns * threads + id.x;
  let one = vec4<f32>(1.0);
  partials[at] = vec4<f32>(dot(slope, one), dot(start_slope, one), dot(size, one), 0.0);
  let halves_g = max(most_g.xy, most_g.zw);
  let halves_d = max(most_d.xy, most_d.zw);
  partials[at + threads] = vec4<f32>(max(halves_g.x, halves_g.y), max(halves_d.x, halves_d.y), 0.0, 0.0);
}
