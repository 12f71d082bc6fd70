// How much samples are changed: a row for each member, [P]. And the random numbers of it, one purpose a kind.

struct Augment {
  shift: f32,   // pixels to either side, along each axis
  rotate: f32,  // degrees to either side
  scale: f32,   // the size is 1 - scale to 1 + scale
  shear: f32,   // pixels along x for a pixel along y, to either side
  elastic: f32, // pixels: standard deviation of the displacement along each axis
  noise: f32,   // standard deviation, as a share of the greys' range
  erase: f32,   // probability
}

@group(1) @binding(4) var<storage, read> seeds: array<u32>;
@group(1) @binding(5) var<storage, read> augment: array<Augment>;

const THREADS = 64u;

const KIND_AFFINE = 0u;
const KIND_ELASTIC = 1u;
const KIND_NOISE = 2u;
const KIND_ERASE = 3u;

fn augment_bits(seed: u32, kind: u32, index: u32) -> vec4<u32> {
  return random4(seed, PURPOSE_AUGMENT | (kind << 8u), step.count, index);
}

// Uniform in [-range, range).
fn either_side(bits: u32, range: f32) -> f32 {
  return (2.0 * uniform01(bits) - 1.0) * range;
}
