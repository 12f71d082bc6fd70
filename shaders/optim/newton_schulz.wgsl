// The matrix products of Newton-Schulz, in a fixed order: each element is one sum, from the first to the last of its terms.
//   GRAM:   A <- X X^T
//   else:   B <- ADD A + TIMES A A
//   WIDE:   X <- ADD X + TIMES B X
// left, right, product [P, quads of a member], as matrices.wgsl has them. Squares are symmetric: blocks below the diagonal are
// written, not computed. Workgroups: x, y count tiles, z = member.

const GRAM = false;
const WIDE = false;
const ADD = 0.0;
const TIMES = 1.0;
const DOWN = 1u;   // blocks of a thread; no sum depends on them
const ACROSS = 1u;
const ROWS = 4u * DOWN;
const TILE = ROWS * ACROSS;
const THREADS = 64u / DOWN / ACROSS;

struct Shape {
  tiles: u32,
  matrices: u32,
  wide: u32,     // quads of a member's X, and of its squares
  square: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> left: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> right: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> product: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let tile = group.x + group.y * workgroups.x;
  if (tile >= shape.tiles) {
    return;
  }
  let part = block_of(tile, thread, shape.matrices, WIDE, DOWN, ACROSS);
  let matrix = part.matrix;
  if (part.outside || (!WIDE && part.column + ACROSS <= part.row)) {
    return;
  }
  let wide_at = group.z * shape.wide + matrix.wide_at;
  let square_at = group.z * shape.square + matrix.square_at;
  let depth = select(matrix.short, matrix.long, GRAM);
  let left_at = select(square_at, wide_at, GRAM);
  let width = select(matrix.short, matrix.long, GRAM || WIDE); // of `right`
  let right_at = select(square_at, wide_at, GRAM || WIDE);
  let columns = select(matrix.short, matrix.long, WIDE);
  var a_at: array<u32, ROWS>;
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    a_at[r] = left_at + min(4u * part.row + r, 4u * matrix.short - 1u) * depth;
  }
  var b_at: array<u32, ACROSS>;
  // @unroll
  for (var q = 0u; q < ACROSS; q++) {
    let column = min(part.column + q, columns - 1u);
    b_at[q] = right_at + select(column, 4u * column * width, GRAM);
  }
  let along = select(4u * width, 1u, GRAM);
  var sum = array<vec4<f32>, TILE>();
  for (var d = 0u; d < depth; d++) {
    var b = array<mat4x4<f32>, ACROSS>();
    // @unroll
    for (var q = 0u; q < ACROSS; q++) {
      let at = b_at[q] + d * along;
      b[q] = mat4x4<f32>(right[at], right[at + width], right[at + 2u * width], right[at + 3u * width]);
      if (GRAM) {
        b[q] = transpose(b[q]);
      }
    }
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      let a = left[a_at[r] + d];
      // @unroll
      for (var q = 0u; q < ACROSS; q++) {
        sum[q * ROWS + r] += b[q][0] * a.x; // one by one: four fused multiply-adds
        sum[q * ROWS + r] += b[q][1] * a.y;
        sum[q * ROWS + r] += b[q][2] * a.z;
        sum[q * ROWS + r] += b[q][3] * a.w;
      }
    }
  }

  // A copy to index in a loop: `sum` stays in registers only as long as its indices are constant.
  var result: array<vec4<f32>, TILE>;
  // @unroll
  for (var i = 0u; i < TILE; i++) {
    result[i] = sum[i];
  }
  let out_at = select(square_at, wide_at, WIDE);
  for (var i = 0u; i < DOWN * ACROSS; i++) {
    let row = part.row + i % DOWN;
    let column = part.column + i / DOWN;
    if (row >= matrix.short || column >= columns || (!WIDE && column < row)) {
      continue;
    }
    var c = mat4x4<f32>(result[4u * i], result[4u * i + 1u], result[4u * i + 2u], result[4u * i + 3u]);
    let at = out_at + 4u * row * columns + column;
    for (var r = 0u; r < 4u; r++) {
      if (!GRAM) {
        c[r] = ADD * right[at + r * columns] + TIMES * c[r];
      }
      product[at + r * columns] = c[r];
    }
    if (!WIDE && column > row) {
      c = transpose(c);
      for (var r = 0u; r < 4u; r++) {
        product[out_at + (4u * column + r) * columns + row] = c[r];
      }
    }
  }
}
