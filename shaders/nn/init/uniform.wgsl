// A tensor's start: uniform in [-bound, bound), each member from its own seed.
// PyTorch's default for Linear is bound = 1 / sqrt(inputs) for weights and bias (kaiming_uniform_ with a = sqrt(5)).
// params [P, stride]; the tensor is [rows, ceil4(columns)] at `offset`, its pads 0. Offsets and strides count floats.

struct Shape {
  rows: u32,
  columns: u32,
  row_stride: u32, // ceil4(columns)
  offset: u32,
  stride: u32,     // from one member's part of params to the next
  tensor: u32,     // which tensor of the network, so that no two share their numbers
  bound: f32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> seeds: array<u32>;
@group(1) @binding(2) var<storage, read_write> params: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let member = group.z;
  let purpose = PURPOSE_INIT | (shape.tensor << 8u);
  for (var i = id.x; i < shape.rows * shape.columns; i += workgroups.x * 64u) {
    let bits = random4(seeds[member], purpose, 0u, i).x;
    let at = member * shape.stride + shape.offset + i / shape.columns * shape.row_stride + i % shape.columns;
    params[at] = shape.bound * (2.0 * uniform01(bits) - 1.0);
  }
}
