// A tensor's start: normal with mean 0, each member from its own seed; TRUNCATE draws again what lies beyond two deviations.
//   z = sqrt(-2 log(1 - u)) cos(2 pi v),  u and v uniform in [0, 1)
// params [P, stride]; the tensor is [rows, ceil4(columns)] at `offset`, its pads 0. Offsets and strides count floats.
// Source: Box and Muller 1958, "A Note on the Generation of Random Normal Deviates".

const TRUNCATE = false;
const ATTEMPTS = 32u; // all beyond two deviations: one in 10^42

struct Shape {
  rows: u32,
  columns: u32,
  row_stride: u32, // ceil4(columns)
  offset: u32,
  stride: u32,     // from one member's part of params to the next
  tensor: u32,     // which tensor of the network, so that no two share their numbers
  deviation: f32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> seeds: array<u32>;
@group(1) @binding(2) var<storage, read_write> params: array<f32>;

fn normal(seed: u32, attempt: u32, index: u32) -> f32 {
  let bits = random4(seed, PURPOSE_INIT | (shape.tensor << 8u), attempt, index);
  return sqrt(-2.0 * log(1.0 - uniform01(bits.x))) * cos(6.283185307179586 * uniform01(bits.y));
}

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let seed = seeds[group.z];
  for (var i = id.x; i < shape.rows * shape.columns; i += workgroups.x * 64u) {
    var z = normal(seed, 0u, i);
    if (TRUNCATE) {
      for (var attempt = 1u; attempt < ATTEMPTS && abs(z) > 2.0; attempt++) {
        z = normal(seed, attempt, i);
      }
    }
    let at = group.z * shape.stride + shape.offset + i / shape.columns * shape.row_stride + i % shape.columns;
    params[at] = shape.deviation * z;
  }
}
