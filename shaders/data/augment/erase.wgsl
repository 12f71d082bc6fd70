// Random erasing: with probability `erase`, a rectangle of random place, area and aspect becomes background.
// Zhong et al. 2020, "Random Erasing Data Augmentation", AAAI (arXiv 2017); with the ranges of
// torchvision.transforms.RandomErasing: an area of 2 to 33 % of the image, height to width 0.3 to 3.3, uniform in its
// logarithm; ten tries for one that fits inside.

const AREA = vec2<f32>(0.02, 0.33);
const ASPECT = vec2<f32>(0.3, 3.3);
const TRIES = 10u;

// Columns and lines from `least` to `most` (exclusive); none where they are equal.
struct Hole {
  least: vec2<u32>,
  most: vec2<u32>,
}

fn draw_hole(own: Augment, seed: u32, sample: u32) -> Hole {
  let first = sample * (TRIES + 1u);
  if (uniform01(augment_bits(seed, KIND_ERASE, first).x) >= own.erase) { return Hole(); }
  let image = vec2<f32>(f32(shape.columns), f32(shape.lines));
  for (var i = 1u; i <= TRIES; i++) {
    let bits = augment_bits(seed, KIND_ERASE, first + i);
    let area = image.x * image.y * mix(AREA.x, AREA.y, uniform01(bits.x));
    let aspect = exp(mix(log(ASPECT.x), log(ASPECT.y), uniform01(bits.y)));
    let size = round(vec2<f32>(sqrt(area / aspect), sqrt(area * aspect)));
    if (any(size >= image)) { continue; }
    let room = image - size;
    let least = min(floor(vec2<f32>(uniform01(bits.z), uniform01(bits.w)) * (room + 1.0)), room);
    return Hole(vec2<u32>(least), vec2<u32>(least + size));
  }
  return Hole();
}

fn is_inside(hole: Hole, pixel: u32) -> bool {
  let at = vec2<u32>(pixel % shape.columns, pixel / shape.columns);
  return all(at >= hole.least) && all(at < hole.most);
}
