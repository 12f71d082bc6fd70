// A tensor's start: one value throughout.
// params [P, stride]; the tensor is [rows, ceil4(columns)] at `offset`, its pads 0. Offsets and strides count floats.

struct Shape {
  rows: u32,
  columns: u32,
  row_stride: u32, // ceil4(columns)
  offset: u32,
  stride: u32,     // from one member's part of params to the next
  value: f32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(2) var<storage, read_write> params: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  for (var i = id.x; i < shape.rows * shape.columns; i += workgroups.x * 64u) {
    let at = group.z * shape.stride + shape.offset + i / shape.columns * shape.row_stride + i % shape.columns;
    params[at] = shape.value;
  }
}
