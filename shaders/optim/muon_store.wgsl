// Puts what Newton-Schulz left in place of the gradients of its matrices; see muon.wgsl.
//   grads <- X
// grads [P, stride], x as matrices.wgsl has it. Workgroups: x, y count tiles, z = member.

struct Shape {
  tiles: u32,
  matrices: u32,
  wide: u32,     // quads of a member's X
  quads: u32,    // stride / 4
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> grads: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
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
  let at = group.z * shape.wide + matrix.wide_at + 4u * part.row * matrix.long + part.column;
  var u = mat4x4<f32>(x[at], x[at + matrix.long], x[at + 2u * matrix.long], x[at + 3u * matrix.long]);
  var to = vec2<u32>(part.row, part.column);
  if (matrix.transposed == 1u) {
    u = transpose(u);
    to = to.yx;
  }
  // @unroll
  for (var r = 0u; r < 4u; r++) {
    let line = 4u * to.x + r;
    if (line < place.rows) {
      grads[group.z * shape.quads + place.begin + line * place.row_quads + to.y] = u[r];
    }
  }
}
