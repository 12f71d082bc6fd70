// The gradient of activate.wgsl: dx = dy * dropout * activate'(x), pads of dx are 0.
// x is what came in. OF_OUTPUT: whether the activation's gradient is a function of its output, which is computed anew.
// x, dy, dx [P, capacity, ceil4(n)]. Workgroup z = member.

const OF_OUTPUT = true;

struct Shape {
  n: u32,
  n4: u32,     // ceil(n / 4)
  stride: u32, // vec4s from one member's part to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> dx: array<vec4<f32>>;

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
    var at_point = x[at];
    if (OF_OUTPUT) {
      at_point = activate4(at_point);
    }
    let value = dy[at] * dropout_factor(member, i / shape.n4, quad, shape.n4) * activation_gradient4(at_point);
    dx[at] = select(vec4<f32>(0.0), value, columns < vec4<u32>(shape.n));
  }
}
