// What Newton-Schulz starts from; see muon.wgsl.
//   X <- U / (|U| + 1e-7), U = (1 - momentum) g + momentum m
// grads [P, stride], state [P, SLOTS, stride], sums [P, tensors] of vec4s (|U|^2 first), x as matrices.wgsl has it.
// Workgroups: x, y count tiles, z = member.

struct Shape {
  tiles: u32,
  matrices: u32,
  wide: u32,     // quads of a member's X
  quads: u32,    // stride / 4
  tensors: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> state: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> sums: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> x: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let member = group.z;
  let tile = group.x + group.y * workgroups.x;
  if (tile >= shape.tiles) {
    return;
  }
  let part = block_of(tile, thread, shape.matrices, true, 1u, 1u);
  if (part.outside) {
    return;
  }
  let matrix = part.matrix;
  let place = tensors[matrix.tensor];
  let h = row_in(member, place.group).hyper;
  let norm = sqrt(sums[member * shape.tensors + matrix.tensor].x) + 1e-7;
  let source = select(vec2<u32>(part.row, part.column), vec2<u32>(part.column, part.row), matrix.transposed == 1u);
  var u = mat4x4<f32>();
  // @unroll
  for (var r = 0u; r < 4u; r++) {
    let line = 4u * source.x + r;
    if (line < place.rows) {
      let quad = place.begin + line * place.row_quads + source.y;
      let m = state[(member * SLOTS + exp_avg) * shape.quads + quad];
      u[r] = nesterov(m, grads[member * shape.quads + quad], h) / norm;
    }
  }
  if (matrix.transposed == 1u) {
    u = transpose(u);
  }
  let to = member * shape.wide + matrix.wide_at + 4u * part.row * matrix.long + part.column;
  // @unroll
  for (var r = 0u; r < 4u; r++) {
    x[to + r * matrix.long] = u[r];
  }
}
