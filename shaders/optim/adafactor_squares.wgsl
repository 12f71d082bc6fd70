// Sums of g^2 for Adafactor's averages over columns and rows, tile by tile; see adafactor.wgsl.
//   column_sums[tile, quad] <- sum of g^2 over the tile's rows, of each of the quad's columns
//   row_sums[tile, line] <- sum of g^2 over the tile's quads
// grads [P, stride], column_sums [P, segments, 64, WIDE] of vec4s, row_sums [P, segments, 64, BAND]. Workgroups: x, y count
// segments, z = member.

struct Shape {
  quads: u32,    // stride / 4
  segments: u32,
  tensors: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> column_sums: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> row_sums: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let segment = group.x + group.y * workgroups.x;
  if (segment >= shape.segments) {
    return;
  }
  let place = tensors[tensor_of(segment, shape.tensors)];
  let tile = tile_at(segment, place, thread);
  let own = (group.z * shape.segments + segment) * 64u + thread;
  var columns = array<vec4<f32>, WIDE>();
  for (var line = 0u; line < tile.lines; line++) {
    let at = group.z * shape.quads + tile.begin + line * place.row_quads;
    var row = 0.0;
    // @unroll
    for (var q = 0u; q < WIDE; q++) {
      let g = grads[at + q];
      columns[q] += g * g;
      row += select(0.0, dot(g, g), q < tile.wide);
    }
    row_sums[own * BAND + line] = row;
  }
  // @unroll
  for (var q = 0u; q < WIDE; q++) {
    column_sums[own * WIDE + q] = columns[q];
  }
}
