// A dense layer's input: the activations x [P, capacity, ceil4(k)] of the layer before. Same functions as input_u8.wgsl.

@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;

// Where a batch row starts, in vec4s.
fn x_row(member: u32, row: u32) -> u32 {
  return member * shape.x_stride + row * shape.k4;
}

// Elements 4 * k4 to 4 * k4 + 3 of the row that starts at `start`.
fn load_x4(start: u32, k4: u32) -> vec4<f32> {
  return x[start + k4];
}
