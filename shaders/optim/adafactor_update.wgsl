// Adafactor's step, once the sums over each tensor are there; see adafactor.wgsl. It goes by tiles, like adafactor_terms.wgsl.
// grads, params [P, stride], sums [P, tensors] of vec4s: x^2, u^2. Workgroups: x, y count segments, z = member.

struct Shape {
  quads: u32,    // stride / 4
  segments: u32,
  tensors: u32,
  extra: u32,    // floats from one member's part of `extra` to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> params: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> sums: array<vec4<f32>>;

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
  let own = row_in(member, place.group);
  if (own.enabled == 0u) {
    return;
  }
  let h = own.hyper;
  let entry = member * shape.tensors + tensor;
  let tile = tile_at(segment, place, thread);
  let begin = member * shape.extra;
  let columns = column_scales(tensor, begin, tile);
  let rows_at = begin + factors[tensor].x + tile.line;
  let rate = rate_of(sums[entry].xy / f32(place.rows * place.columns), h);
  for (var line = 0u; line < tile.lines; line++) {
    let at = member * shape.quads + tile.begin + line * place.row_quads;
    let row = row_scale(rows_at + line, means[entry], place);
    // @unroll
    for (var q = 0u; q < WIDE; q++) {
      let x = params[at + q];
      let u = direction(grads[at + q], row, columns[q]);
      if (q < tile.wide) {
        params[at + q] = x - h.decay * x - rate * u;
      }
    }
  }
}
