// Shift, rotation, scale and shear about the image's centre c, y downwards:
//   out = c + t + s R(angle) K (in - c),  R = [cos -sin; sin cos],  K = [1 shear; 0 1]
// and for the gather turned round: in = c + K^-1 R(-angle) (out - c - t) / s. A positive angle turns clockwise.
// As torchvision.transforms.RandomAffine, but a shear is a factor and no angle, and a shift counts pixels, not rounded.

struct Affine {
  x: vec2<f32>, // rows of the inverse matrix
  y: vec2<f32>,
  shift: vec2<f32>,
}

fn inverse_affine(shift: vec2<f32>, degrees: f32, scale: f32, shear: f32) -> Affine {
  let turn = cos_sin(degrees);
  let x = turn / scale;
  let y = vec2<f32>(-turn.y, turn.x) / scale;
  return Affine(x - shear * y, y, shift);
}

fn draw_affine(own: Augment, seed: u32, sample: u32) -> Affine {
  let a = augment_bits(seed, KIND_AFFINE, 2u * sample);
  let b = augment_bits(seed, KIND_AFFINE, 2u * sample + 1u);
  let shift = vec2<f32>(either_side(a.x, own.shift), either_side(a.y, own.shift));
  let scale = 1.0 + either_side(a.w, own.scale);
  return inverse_affine(shift, either_side(a.z, own.rotate), scale, either_side(b.x, own.shear));
}

// Where in the image the pixel at `at` comes from.
fn source_of(affine: Affine, at: vec2<f32>) -> vec2<f32> {
  let centre = 0.5 * vec2<f32>(f32(shape.columns - 1u), f32(shape.lines - 1u));
  let from_centre = at - centre - affine.shift;
  return centre + vec2<f32>(dot(affine.x, from_centre), dot(affine.y, from_centre));
}
