// Adafactor's direction over a tile: u = g / sqrt(R C / (mean of R)), and g / sqrt(C) of a vector; see adafactor.wgsl. Roots are
// taken once for the tile's columns and once for each row.

@group(1) @binding(14) var<storage, read> row_averages: array<f32>; // both are `extra`
@group(1) @binding(15) var<storage, read> column_averages: array<vec4<f32>>;
@group(1) @binding(16) var<storage, read> factors: array<vec2<u32>>; // where a tensor's R and C lie in `extra`, in floats
@group(1) @binding(17) var<storage, read> means: array<f32>;

// 1 / sqrt(C) of the tile's columns, 0 beyond them. `begin` is where the member's part of `extra` starts.
fn column_scales(tensor: u32, begin: u32, tile: Tile) -> array<vec4<f32>, WIDE> {
  let at = (begin + factors[tensor].y) / 4u + tile.quad;
  var scales: array<vec4<f32>, WIDE>;
  // @unroll
  for (var q = 0u; q < WIDE; q++) {
    scales[q] = select(vec4<f32>(), inverseSqrt(column_averages[at + q]), q < tile.wide);
  }
  return scales;
}

// 1 / sqrt(R / (mean of R)), with R at `at`; 1 of a vector.
fn row_scale(at: u32, mean: f32, place: TensorPlace) -> f32 {
  return select(1.0, inverseSqrt(row_averages[at] / mean), place.rows > 1u);
}

fn direction(gradient: vec4<f32>, row: f32, column: vec4<f32>) -> vec4<f32> {
  return gradient * min(row * column, vec4<f32>(3e38)); // a finite factor of a gradient of 0
}
