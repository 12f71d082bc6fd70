// Sums of x^2 and u^2 over each tile of Adafactor's tensors; see adafactor.wgsl.
//   partials[tile] <- sum of x^2, sum of u^2
// grads, params [P, stride], partials [P, segments, 64] of vec4s. Workgroups: x, y count segments, z = member.

struct Shape {
  quads: u32,    // stride / 4
  segments: u32,
  tensors: u32,
  extra: u32,    // floats from one member's part of `extra` to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> partials: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let segment = group.x + group.y * workgroups.x;
  let member = group.z;
  if (segment >= shape.segments) {
    return;
  }
  let tensor = tensor_of(segment, shape.tensors);
  let place = tensors[tensor];
  let tile = tile_at(segment, place, thread);
  let begin = member * shape.extra;
  let columns = column_scales(tensor, begin, tile);
  let rows_at = begin + factors[tensor].x + tile.line;
  let mean = means[member * shape.tensors + tensor];
  var x_squares = 0.0;
  var u_squares = 0.0;
  for (var line = 0u; line < tile.lines; line++) {
    let at = member * shape.quads + tile.begin + line * place.row_quads;
    let row = row_scale(rows_at + line, mean, place);
    // @unroll
    for (var q = 0u; q < WIDE; q++) {
      let x = params[at + q];
      let u = direction(grads[at + q], row, columns[q]);
      x_squares += select(0.0, dot(x, x), q < tile.wide);
      u_squares += dot(u, u);
    }
  }
  partials[(member * shape.segments + segment) * 64u + thread] = vec4<f32>(x_squares, u_squares, 0.0, 0.0);
}
