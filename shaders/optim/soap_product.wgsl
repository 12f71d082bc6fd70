// Products of matrices of any sizes in one dispatch, in a fixed order: each element is one sum, from the first to the last of
// its terms. See soap.wgsl.
//   C <- A B [rows, columns], over `depth`; A is stored transposed where LEFT_TRANSPOSED, B where RIGHT_TRANSPOSED
//   GRAM: C <- b C + (1 - b) A B, b = shampoo_beta, symmetric: blocks below the diagonal are written, not computed
// fixed, changed [P, quads of a member]: A and B lie in either, C in `changed`, rows padded to multiples of 4 by zeros. A
// workgroup takes a tile of 8 x 8 blocks of 4 x 4 elements. Workgroups: x, y count tiles, z = member.

const LEFT_TRANSPOSED = false;
const RIGHT_TRANSPOSED = false;
const LEFT_FIXED = false;
const RIGHT_FIXED = false;
const GRAM = false;
const DOWN = 1u;   // blocks of a thread; no sum depends on them
const ACROSS = 1u;
const ROWS = 4u * DOWN;
const TILE = ROWS * ACROSS;
const THREADS = 64u / DOWN / ACROSS;

struct Product {
  rows: u32,
  depth: u32,
  columns: u32,
  first_tile: u32, // tiles of all products before it
  left_at: u32,    // in quads of a member's part
  right_at: u32,
  out_at: u32,
  spare: u32,
}

struct Shape {
  tiles: u32,
  products: u32,
  fixed: u32,    // quads from member to member
  changed: u32,
  refresh: u32,  // only in steps with so many of them
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> products: array<Product>;
@group(1) @binding(2) var<storage, read> fixed: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> changed: array<vec4<f32>>;

fn left_of(at: u32) -> vec4<f32> {
  if (LEFT_FIXED) {
    return fixed[at];
  }
  return changed[at];
}

fn right_of(at: u32) -> vec4<f32> {
  if (RIGHT_FIXED) {
    return fixed[at];
  }
  return changed[at];
}

fn quads_of(floats: u32) -> u32 {
  return (floats + 3u) / 4u;
}

// Four elements of C, from `column` on, at `row`; what lies outside of it is left, or 0 in a pad.
fn put(at: u32, row: u32, column: u32, job: Product, value: vec4<f32>, h: Hyper) {
  if (row >= job.rows) {
    return;
  }
  let place = at + row * quads_of(job.columns) + column / 4u;
  var c = value;
  if (GRAM) {
    c = h.shampoo_beta * changed[place] + h.one_minus_shampoo_beta * c;
  }
  changed[place] = select(vec4<f32>(), c, vec4<u32>(column) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(job.columns));
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let tile = group.x + group.y * workgroups.x;
  let row = row_of(group.z);
  if (tile >= shape.tiles || row.enabled == 0u || row.hyper.refreshes < f32(shape.refresh)) {
    return;
  }
  var index = 0u;
  while (index + 1u < shape.products && products[index + 1u].first_tile <= tile) {
    index++;
  }
  let job = products[index];
  let down = quads_of(job.rows); // in blocks
  let across = quads_of(job.columns);
  let tiles = (across + 7u) / 8u;
  let block_row = (tile - job.first_tile) / tiles * 8u + thread / (8u / ACROSS) * DOWN;
  let block_column = (tile - job.first_tile) % tiles * 8u + thread % (8u / ACROSS) * ACROSS;
  if (block_row >= down || block_column >= across || (GRAM && block_column + ACROSS <= block_row)) {
    return;
  }
  let left_at = group.z * select(shape.changed, shape.fixed, LEFT_FIXED) + job.left_at;
  let right_at = group.z * select(shape.changed, shape.fixed, RIGHT_FIXED) + job.right_at;
  let depth = quads_of(job.depth);
  // Outside of C, lines inside are read again: nothing is made of them.
  var a_at: array<u32, ROWS>;
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    let line = min(4u * block_row + r, job.rows - 1u);
    a_at[r] = left_at + select(line * depth, line / 4u, LEFT_TRANSPOSED);
  }
  var sum = array<vec4<f32>, TILE>();
  for (var d = 0u; d < depth; d++) {
    var b = array<mat4x4<f32>, ACROSS>();
    // @unroll
    for (var q = 0u; q < ACROSS; q++) {
      let column = min(block_column + q, across - 1u);
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        if (RIGHT_TRANSPOSED) {
          b[q][i] = right_of(right_at + min(4u * column + i, job.columns - 1u) * depth + d);
        } else {
          b[q][i] = right_of(right_at + min(4u * d + i, job.depth - 1u) * across + column);
        }
      }
      if (RIGHT_TRANSPOSED) {
        b[q] = transpose(b[q]);
      }
    }
    // @unroll
    for (var p = 0u; p < DOWN; p++) {
      var a = mat4x4<f32>();
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        if (LEFT_TRANSPOSED) {
          let line = min(4u * d + i, job.depth - 1u);
          a[i] = select(vec4<f32>(), left_of(a_at[4u * p] + line * down), 4u * d + i < job.depth);
        } else {
          a[i] = left_of(a_at[4u * p + i] + d);
        }
      }
      if (LEFT_TRANSPOSED) {
        a = transpose(a);
      }
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        // @unroll
        for (var q = 0u; q < ACROSS; q++) {
          sum[q * ROWS + 4u * p + i] += b[q][0] * a[i].x; // one by one: four fused multiply-adds
          sum[q * ROWS + 4u * p + i] += b[q][1] * a[i].y;
          sum[q * ROWS + 4u * p + i] += b[q][2] * a[i].z;
          sum[q * ROWS + 4u * p + i] += b[q][3] * a[i].w;
        }
      }
    }
  }

  // A copy to index in a loop: `sum` stays in registers only as long as its indices are constant.
  var result: array<vec4<f32>, TILE>;
  // @unroll
  for (var i = 0u; i < TILE; i++) {
    result[i] = sum[i];
  }
  let out_at = group.z * shape.changed + job.out_at;
  for (var i = 0u; i < DOWN * ACROSS; i++) {
    let r = block_row + i % DOWN;
    let c = block_column + i / DOWN;
    if (r >= down || c >= across || (GRAM && c < r)) {
      continue;
    }
    var c4 = mat4x4<f32>(result[4u * i], result[4u * i + 1u], result[4u * i + 2u], result[4u * i + 3u]);
    for (var k = 0u; k < 4u; k++) {
      put(out_at, 4u * r + k, 4u * c, job, c4[k], row.hyper);
    }
    if (GRAM && c > r) {
      c4 = transpose(c4);
      for (var k = 0u; k < 4u; k++) {
        put(out_at, 4u * c + k, 4u * r, job, c4[k], row.hyper);
      }
    }
  }
}
