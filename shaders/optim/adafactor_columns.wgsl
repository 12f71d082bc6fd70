// Adafactor's averages of each column of each matrix, in a fixed order; see adafactor.wgsl. Of a vector, one for each element.
//   C <- beta2 C + (1 - beta2) (mean of g^2 over the column + eps1)
// grads [P, stride], extra [P, extra stride]. A workgroup takes 8 quads of columns: x, y count them over all tensors,
// z = member.

struct Shape {
  quads: u32,    // stride / 4
  blocks: u32,   // of 8 quads of columns, over all tensors
  tensors: u32,
  extra: u32,    // floats from one member's part of `extra` to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> extra: array<f32>;
// Of each tensor: where its R and C lie in `extra`, in floats; its first block of rows, and of columns.
@group(1) @binding(3) var<storage, read> factors: array<vec4<u32>>;

var<workgroup> sums: array<vec4<f32>, 64>;

@compute @workgroup_size(8, 8)
fn main(
  @builtin(local_invocation_id) thread: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let piece = group.x + group.y * workgroups.x;
  var tensor = 0u;
  for (var next = 1u; next < shape.tensors; next++) {
    if (piece >= factors[next].w) {
      tensor = next;
    }
  }
  let place = tensors[tensor];
  let quad = (piece - factors[tensor].w) * 8u + thread.x;
  let is_there = piece < shape.blocks && quad < place.row_quads;
  let begin = group.z * shape.quads + place.begin + quad;
  var sum = vec4<f32>();
  if (is_there) {
    for (var line = thread.y; line < place.rows; line += 8u) {
      let g = grads[begin + line * place.row_quads];
      sum += g * g;
    }
  }
  sums[thread.y * 8u + thread.x] = sum;
  workgroupBarrier();
  let row = row_in(group.z, place.group);
  if (thread.y > 0u || !is_there || row.enabled == 0u) {
    return;
  }
  for (var line = 1u; line < 8u; line++) {
    sum += sums[line * 8u + thread.x];
  }
  let h = row.hyper;
  for (var lane = 0u; lane < 4u; lane++) {
    if (4u * quad + lane < place.columns) {
      let at = group.z * shape.extra + factors[tensor].y + 4u * quad + lane;
      extra[at] = h.beta2 * extra[at] + h.one_minus_beta2 * (sum[lane] / f32(place.rows) + h.eps1);
    }
  }
}
