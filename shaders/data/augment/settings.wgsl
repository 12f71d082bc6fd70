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

// Cosine and sine by their series on [-pi/4, pi/4], exact at multiples of 90: WGSL's own may be off by 2^-11.
fn cos_sin(degrees: f32) -> vec2<f32> {
  let quarter = round(degrees / 90.0);
  let r = (degrees - 90.0 * quarter) * 0.017453292519943295;
  let q = r * r;
  let c = 1.0 - q / 2.0 * (1.0 - q / 12.0 * (1.0 - q / 30.0 * (1.0 - q / 56.0 * (1.0 - q / 90.0))));
  let s = r * (1.0 - q / 6.0 * (1.0 - q / 20.0 * (1.0 - q / 42.0 * (1.0 - q / 72.0))));
  let swapped = select(vec2<f32>(c, s), vec2<f32>(-s, c), (i32(quarter) & 1) == 1);
  return select(swapped, -swapped, (i32(quarter) & 2) == 2);
}
