// The average of squares that Adafactor's factors stand for, by element: R C / (mean of R), and C of a vector. The functions
// that sum_segments.wgsl and update_segments.wgsl call are in adafactor_terms.wgsl and adafactor_apply.wgsl.

const TENSORS = 1u;

@group(1) @binding(15) var<storage, read> extra: array<vec4<f32>>;
@group(1) @binding(16) var<storage, read> factors: array<vec4<u32>>; // x, y: where a tensor's R and C lie in `extra`, in floats
@group(1) @binding(17) var<storage, read> means: array<f32>;

var<private> place: TensorPlace;
var<private> rows_at: u32;
var<private> columns_at: u32;
var<private> inverse: f32; // 1 / row_quads
var<private> inverse_mean: f32;
var<private> entry: u32; // of [P, tensors]

// stride counts the floats of a member's part of `extra`.
fn load_scalars(member: u32, tensor: u32, stride: u32) {
  place = tensors[tensor];
  rows_at = member * stride + factors[tensor].x;
  columns_at = (member * stride + factors[tensor].y) / 4u;
  entry = member * TENSORS + tensor;
  inverse = 1.0 / f32(place.row_quads);
  inverse_mean = 1.0 / means[entry];
}

fn variance_of(quad: u32) -> vec4<f32> {
  let at = quad - place.begin;
  // at / row_quads: CPU adapters divide integers one by one. Of up to 2^24 quads the quotient is at most 1 off.
  var line = u32(f32(at) * inverse);
  line -= select(0u, 1u, line * place.row_quads > at);
  line += select(0u, 1u, (line + 1u) * place.row_quads <= at);
  let variance = extra[columns_at + at - line * place.row_quads];
  if (place.rows == 1u) {
    return variance;
  }
  let entry_of_row = rows_at + line;
  return extra[entry_of_row / 4u][entry_of_row % 4u] * inverse_mean * variance;
}
