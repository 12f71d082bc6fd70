// Adafactor's averages of each row of each matrix, in a fixed order; see adafactor.wgsl. A vector has none.
//   R <- beta2 R + (1 - beta2) (mean of g^2 over the row + eps1)
// grads [P, stride], extra [P, extra stride]. A workgroup takes 8 rows: x, y count them over all matrices, z = member.

struct Shape {
  quads: u32,    // stride / 4
  blocks: u32,   // of 8 rows, over all matrices
  tensors: u32,
  extra: u32,    // floats from one member's part of `extra` to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> extra: array<f32>;
// Of each tensor: where its R and C lie in `extra`, in floats; its first block of rows, and of columns.
@group(1) @binding(3) var<storage, read> factors: array<vec4<u32>>;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(8, 8)
fn main(
  @builtin(local_invocation_id) thread: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let piece = group.x + group.y * workgroups.x;
  var tensor = 0u;
  for (var next = 1u; next < shape.tensors; next++) {
    if (piece >= factors[next].z) {
      tensor = next;
    }
  }
  let place = tensors[tensor];
  let line = (piece - factors[tensor].z) * 8u + thread.y;
  let is_there = piece < shape.blocks && line < place.rows;
  let begin = group.z * shape.quads + place.begin + line * place.row_quads;
  var sum = 0.0;
  if (is_there) {
    for (var quad = thread.x; quad < place.row_quads; quad += 8u) {
      let g = grads[begin + quad];
      sum += dot(g, g);
    }
  }
  sums[thread.y * 8u + thread.x] = sum;
  workgroupBarrier();
  let row = row_in(group.z, place.group);
  if (thread.x > 0u || !is_there || row.enabled == 0u) {
    return;
  }
  for (var lane = 1u; lane < 8u; lane++) {
    sum += sums[thread.y * 8u + lane];
  }
  let h = row.hyper;
  let at = group.z * shape.extra + factors[tensor].x + line;
  extra[at] = h.beta2 * extra[at] + h.one_minus_beta2 * (sum / f32(place.columns) + h.eps1);
}
