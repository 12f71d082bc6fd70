// Adafactor's averages over rows and columns, from the sums of adafactor_squares.wgsl, in a fixed order; see adafactor.wgsl.
//   R <- beta2 R + (1 - beta2) (mean of g^2 over a row + eps1), of each row of a matrix
//   C <- beta2 C + (1 - beta2) (mean of g^2 over a column + eps1), of each column; of a vector, of each element
// extra [P, extra stride]. A thread takes a row, or four columns behind all rows. Workgroups: x, y = tensor, z = member.

struct Shape {
  segments: u32,
  extra: u32,    // floats from one member's part of `extra` to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> column_sums: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> row_sums: array<f32>;
@group(1) @binding(3) var<storage, read_write> extra: array<f32>;
@group(1) @binding(4) var<storage, read> factors: array<vec2<u32>>; // where a tensor's R and C lie in `extra`, in floats

fn average(at: u32, mean: f32, h: Hyper) {
  extra[at] = h.beta2 * extra[at] + h.one_minus_beta2 * (mean + h.eps1);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let place = tensors[id.y];
  let row = row_in(id.z, place.group);
  let lines = select(0u, place.rows, place.rows > 1u);
  if (row.enabled == 0u || id.x >= lines + place.row_quads) {
    return;
  }
  let first = (id.z * shape.segments + place.first_segment) * 64u; // the tensor's first tile
  let across = tiles_across(place);
  let own = id.z * shape.extra + factors[id.y];
  if (id.x < lines) {
    let begin = first + id.x / BAND * across;
    var sum = 0.0;
    for (var tile = begin; tile < begin + across; tile++) {
      sum += row_sums[tile * BAND + id.x % BAND];
    }
    average(own.x + id.x, sum / f32(place.columns), row.hyper);
    return;
  }
  let quad = id.x - lines;
  var sum = vec4<f32>();
  for (var line = 0u; line < place.rows; line += BAND) {
    let tile = first + line / BAND * across + quad / WIDE;
    sum += column_sums[tile * WIDE + quad % WIDE];
  }
  for (var lane = 0u; lane < min(4u, place.columns - 4u * quad); lane++) {
    average(own.y + 4u * quad + lane, sum[lane] / f32(place.rows), row.hyper);
  }
}
