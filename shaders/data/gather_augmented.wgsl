// One batch of u8 images as normalised f32 rows, as data/gather.wgsl makes them, each sample changed at random:
//   x[m][row] = (erase(noise(image[order[m][row]] at source(pixel)))) * scale + shift
// source is an affine map and an elastic displacement; between pixels bilinear, outside the image 0. A kind that is off
// has no code. All random numbers are keyed on (member's seed, kind, step, sample's place in the data set): each sample
// differs in each step, and no number depends on P, on chunks or on submits. A sample twice in a batch is changed alike.
// images [N, ceil4(columns * lines)] u8; order [P, order_stride]; x [P, capacity, ceil4(columns * lines)], its pads 0.
// A workgroup takes a row; workgroup z = member. src/data/augment.ts is the same in TypeScript.

@group(1) @binding(2) var<storage, read> order: array<u32>;
@group(1) @binding(3) var<storage, read_write> x: array<vec4<f32>>;

const AFFINE = false;
const ELASTIC = false;
const NOISE = false;
const ERASE = false;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let member = group.z;
  let own = augment[member];
  let seed = seeds[member];
  for (var row = group.x; row < step.rows; row += groups.x) {
    let sample = order[member * step.order_stride + step.first_row + row];
    if (ELASTIC) {
      draw_displacement(own, seed, sample, thread);
    }
    var affine: Affine;
    if (AFFINE) {
      affine = draw_affine(own, seed, sample);
    }
    var hole = Hole();
    if (ERASE) {
      hole = draw_hole(own, seed, sample);
    }
    for (var word = thread; word < shape.words; word += THREADS) {
      var grey = vec4<f32>(0.0);
      // @unroll
      for (var lane = 0u; lane < 4u; lane++) {
        let line = (4u * word + lane) / shape.columns;
        let column = 4u * word + lane - line * shape.columns;
        var source = vec2<f32>(f32(column), f32(line));
        if (AFFINE) {
          source = source_of(affine, source);
        }
        if (ELASTIC) {
          source += displacement(f32(column), line);
        }
        grey[lane] = bilinear(sample * shape.words, source);
      }
      if (NOISE) {
        let noise = grey_noise(seed, sample * shape.words + word);
        grey = clamp(grey + 255.0 * own.noise * noise, vec4<f32>(0.0), vec4<f32>(255.0));
      }
      // @unroll
      for (var lane = 0u; lane < 4u; lane++) {
        let pixel = 4u * word + lane;
        if (ERASE && is_inside(hole, pixel)) {
          grey[lane] = 0.0;
        }
      }
      let pixel = vec4<u32>(4u * word) + vec4<u32>(0u, 1u, 2u, 3u);
      let value = grey * shape.scale + shape.shift;
      let is_pixel = pixel < vec4<u32>(shape.columns * shape.lines);
      x[member * shape.x_stride + row * shape.words + word] = select(vec4<f32>(0.0), value, is_pixel);
    }
  }
}
