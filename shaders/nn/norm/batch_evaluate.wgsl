// Batch norm in evaluation: by the running statistics, each row for itself.
//   y[b] = activate((x[b] - running_mean) / sqrt(running_var + eps) * weight + bias), pads of y are 0
// A thread takes four adjacent values after another of a member's rows. Shapes: shape.wgsl.

@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read> running: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let member = group.z;
  let arena = member * shape.params_stride;
  let own = member * shape.running_stride;
  for (var i = id.x; i < step.rows * shape.n4; i += workgroups.x * 64u) {
    let quad = i % shape.n4;
    let columns = 4u * quad + vec4<u32>(0u, 1u, 2u, 3u);
    let scale = inverseSqrt(running[own + shape.running_var + quad] + shape.eps) * params[arena + shape.weight + quad];
    let at = member * shape.stride + i;
    let centered = x[at] - running[own + shape.running_mean + quad];
    let value = activate4(centered * scale + params[arena + shape.bias + quad]);
    y[at] = select(vec4<f32>(0.0), value, columns < vec4<u32>(shape.n));
  }
}
