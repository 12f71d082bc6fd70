// An image's greys at places between its pixels: bilinear, the centre of pixel (x, y) at (x, y), background 0 outside.
// images [N, words] words of four u8, rows of pixels top to bottom.

struct Shape {
  columns: u32,  // pixels of an image along x
  lines: u32,    // and along y
  words: u32,    // ceil(columns * lines / 4): words of an image, and vec4s of a row
  x_stride: u32, // vec4s from one member's part of x to the next: capacity * words
  scale: f32,    // (byte / 255 - 0.5) / 0.5 = byte * scale + shift with scale = 2 / 255, shift = -1
  shift: f32,
  spacing: f32,  // pixels between the nodes of the elastic displacement
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> images: array<u32>;

// The grey of one pixel, 0 to 255, of the image that starts at word `image`.
fn grey_at(image: u32, at: vec2<i32>) -> f32 {
  let is_inside = all(vec2<u32>(at) < vec2<u32>(shape.columns, shape.lines)); // as u32, negative is large
  let pixel = select(0u, u32(at.y) * shape.columns + u32(at.x), is_inside);
  let grey = f32((images[image + pixel / 4u] >> (8u * (pixel % 4u))) & 255u);
  return select(0.0, grey, is_inside); // no branch: SwiftShader's lanes would take both sides
}

fn bilinear(image: u32, at: vec2<f32>) -> f32 {
  let low = floor(at);
  let part = at - low;
  let i = vec2<i32>(low);
  let near = 1.0 - part; // a weight of 1 leaves a grey its bits
  let top = near.x * grey_at(image, i) + part.x * grey_at(image, i + vec2<i32>(1, 0));
  let bottom = near.x * grey_at(image, i + vec2<i32>(0, 1)) + part.x * grey_at(image, i + vec2<i32>(1, 1));
  return near.y * top + part.y * bottom;
}
