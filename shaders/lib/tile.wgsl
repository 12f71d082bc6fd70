// The tiles of tiled_product.wgsl: who of a workgroup computes what, and where a stage's parts of a and b lie.
//   a [TILE_ROWS, DEPTH], a vec4 being four neighbours along the sum
//   b [4, DEPTH, TILE_QUADS], a plane for each element of such a vec4, a vec4 being four neighbours along a row of c
// LANES threads cover the workgroup's part of c: ROWS adjacent rows each, by QUADS vec4s THREADS_X apart; SPLIT such groups
// share the sum. Bank conflicts: eight neighbouring threads read neighbouring vec4s of b and one or two of a. Rows take an
// odd number of vec4s, so that threads that write down a column use different banks.

const ROWS = 5u;
const QUADS = 1u;
const THREADS_Y = 4u;
const THREADS_X = 8u;
const SPLIT = 4u; // a power of 2 that divides DEPTH
const DEPTH = 8u;

const LANES = THREADS_X * THREADS_Y;
const THREADS = LANES * SPLIT;
const TILE_ROWS = ROWS * THREADS_Y;
const TILE_QUADS = QUADS * THREADS_X;
const SUMS = ROWS * QUADS;
const A_ITEMS = TILE_ROWS * DEPTH;  // vec4s
const B_ITEMS = TILE_QUADS * DEPTH; // blocks of 4 x 4
const A_LOADS = (A_ITEMS + THREADS - 1u) / THREADS;
const B_LOADS = (B_ITEMS + THREADS - 1u) / THREADS;
const A_STRIDE = DEPTH / 2u * 2u + 1u; // odd
const B_STRIDE = TILE_QUADS / 2u * 2u + 1u;
const B_PLANE = DEPTH * B_STRIDE;
const B_TILE = TILE_ROWS * A_STRIDE; // where b begins
const TILE = max(B_TILE + 4u * B_PLANE, SPLIT / 2u * LANES * SUMS); // the sums of half of the groups take its place

var<workgroup> tile: array<vec4<f32>, TILE>;

// Row or quad, and depth, of the item that a thread loads: neighbouring threads go along the axis that memory goes along.
fn a_place(item: u32) -> vec2<u32> {
  return select(vec2<u32>(item % TILE_ROWS, item / TILE_ROWS), vec2<u32>(item / DEPTH, item % DEPTH), A_ALONG_SUM);
}

fn b_place(item: u32) -> vec2<u32> {
  return select(vec2<u32>(item % TILE_QUADS, item / TILE_QUADS), vec2<u32>(item / DEPTH, item % DEPTH), B_ALONG_SUM);
}

fn write_a(item: u32, a: vec4<f32>) {
  if (item < A_ITEMS) {
    let place = a_place(item);
    tile[place.x * A_STRIDE + place.y] = a;
  }
}

fn write_b(item: u32, b: mat4x4<f32>) {
  if (item < B_ITEMS) {
    let place = b_place(item);
    let at = B_TILE + place.y * B_STRIDE + place.x;
    tile[at] = b[0];
    tile[at + B_PLANE] = b[1];
    tile[at + 2u * B_PLANE] = b[2];
    tile[at + 3u * B_PLANE] = b[3];
  }
}
