// x[m][row][:] = features[order[m][row]][:]: one batch of a table's rows, as data/gather.wgsl makes one of images.
// features f32 [N, ceil4(width)], pads 0; order [P, order_stride]; x [P, capacity, ceil4(width)].
// Rows of `x` from step.rows on keep what they hold. Workgroup z = member.

struct Shape {
  quads: u32,    // ceil(width / 4): vec4s of a row
  x_stride: u32, // vec4s from one member's part of x to the next: capacity * quads
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> features: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> order: array<u32>;
@group(1) @binding(3) var<storage, read_write> x: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let member = group.z;
  for (var i = id.x; i < step.rows * shape.quads; i += groups.x * 64u) {
    let sample = order[member * step.order_stride + step.first_row + i / shape.quads];
    x[member * shape.x_stride + i] = features[sample * shape.quads + i % shape.quads];
  }
}
