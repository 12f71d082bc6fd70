// An activation, and dropout, by themselves: y = activate(x) * dropout, pads of y are 0.
// For activations whose gradient needs x, and for dropout; others are the end of the kernel before.
// x, y [P, capacity, ceil4(n)]. A thread takes four adjacent values after another of a member's rows. Workgroup z = member.

struct Shape {
  n: u32,
  n4: u32,     // ceil(n / 4)
  stride: u32, // vec4s from one member's part to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let member = group.z;
  for (var i = id.x; i < step.rows * shape.n4; i += workgroups.x * 64u) {
    let quad = i % shape.n4;
    let columns = 4u * quad + vec4<u32>(0u, 1u, 2u, 3u);
    let at = member * shape.stride + i;
    let value = activate4(x[at]) * dropout_factor(member, i / shape.n4, quad, shape.n4);
    y[at] = select(vec4<f32>(0.0), value, columns < vec4<u32>(shape.n));
  }
}
