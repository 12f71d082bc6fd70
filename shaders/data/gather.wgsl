// x[m][row][:] = images[order[m][row]][:] * scale + shift: one batch of u8 images as normalised f32 rows.
// images [N, ceil4(width)] u8, four to a word; order [P, order_stride]; x [P, capacity, ceil4(width)], its pads 0.
// Rows of `x` from step.rows on keep what they hold. Workgroup z = member.

struct Shape {
  width: u32,    // values of a row
  words: u32,    // ceil(width / 4): words of an image, and vec4s of a row
  x_stride: u32, // vec4s from one member's part of x to the next: capacity * words
  scale: f32,    // (byte / 255 - 0.5) / 0.5 = byte * scale + shift with scale = 2 / 255, shift = -1
  shift: f32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> images: array<u32>;
@group(1) @binding(2) var<storage, read> order: array<u32>;
@group(1) @binding(3) var<storage, read_write> x: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let member = group.z;
  for (var i = id.x; i < step.rows * shape.words; i += groups.x * 64u) {
    let row = i / shape.words;
    let word = i % shape.words;
    let sample = order[member * step.order_stride + step.first_row + row];
    let bytes = (vec4<u32>(images[sample * shape.words + word]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u);
    let column = vec4<u32>(word * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
    let value = vec4<f32>(bytes) * shape.scale + shape.shift;
    x[member * shape.x_stride + i] = select(vec4<f32>(0.0), value, column < vec4<u32>(shape.width));
  }
}
