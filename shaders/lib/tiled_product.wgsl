// The frame of the dense kernels for GPUs: c[i][j] = sum_l a[i][l] b[l][j] through tiles in workgroup memory (tile.wgsl).
// A workgroup goes through the sum in stages of DEPTH vec4s: all its threads load the stage's parts of a and b, once, then
// multiply ROWS by QUADS vec4s each in registers, while the next stage's loads are under way. SPLIT groups of threads take
// every SPLIT-th vec4 of the sum, so that few outputs with long sums keep many threads busy; their sums are added pairwise
// at the end. The order of a sum depends on these constants alone. Workgroups: x along j, y along i, z = member.
// The kernel's file says what a, b and c are: row_count, depth_count (vec4s of the sum), a_start, load_a, load_b, store_c.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let member = group.z;
  let row_0 = group.y * TILE_ROWS;
  let quad_0 = group.x * TILE_QUADS;
  if (row_0 >= row_count()) {
    return;
  }
  let part = thread / LANES;
  let lane = thread % LANES;
  let lane_y = lane / THREADS_X;
  let lane_x = lane % THREADS_X;
  var start: array<u32, A_LOADS>;
  // @unroll
  for (var i = 0u; i < A_LOADS; i++) {
    start[i] = a_start(member, row_0 + a_place(thread + i * THREADS).x);
  }

  var a: array<vec4<f32>, A_LOADS>;
  var b: array<mat4x4<f32>, B_LOADS>;
  var sum: array<vec4<f32>, SUMS>;
  let depth = depth_count();
  for (var d_0 = 0u; d_0 < depth + DEPTH; d_0 += DEPTH) {
    if (d_0 < depth) {
      // @unroll
      for (var i = 0u; i < A_LOADS; i++) {
        a[i] = load_a(member, start[i], d_0 + a_place(thread + i * THREADS).y);
      }
      // @unroll
      for (var i = 0u; i < B_LOADS; i++) {
        let place = b_place(thread + i * THREADS);
        b[i] = load_b(member, quad_0 + place.x, d_0 + place.y);
      }
    }
    if (d_0 > 0u) { // the stage before, which is in the tiles
      for (var d = part; d < DEPTH; d += SPLIT) {
        // @unroll
        for (var q = 0u; q < QUADS; q++) {
          let b_at = B_TILE + d * B_STRIDE + q * THREADS_X + lane_x;
          let b_0 = tile[b_at];
          let b_1 = tile[b_at + B_PLANE];
          let b_2 = tile[b_at + 2u * B_PLANE];
          let b_3 = tile[b_at + 3u * B_PLANE];
          // @unroll
          for (var r = 0u; r < ROWS; r++) {
            let a_4 = tile[(lane_y * ROWS + r) * A_STRIDE + d];
            sum[r * QUADS + q] += b_0 * a_4.x; // one by one: four fused multiply-adds
            sum[r * QUADS + q] += b_1 * a_4.y;
            sum[r * QUADS + q] += b_2 * a_4.z;
            sum[r * QUADS + q] += b_3 * a_4.w;
          }
        }
      }
    }
    workgroupBarrier();
    // @unroll
    for (var i = 0u; i < A_LOADS; i++) {
      write_a(thread + i * THREADS, a[i]);
    }
    // @unroll
    for (var i = 0u; i < B_LOADS; i++) {
      write_b(thread + i * THREADS, b[i]);
    }
    workgroupBarrier();
  }

  for (var half = SPLIT / 2u; half > 0u; half /= 2u) {
    // @unroll
    for (var i = 0u; i < SUMS; i++) {
      if (part / half == 1u) {
        tile[((part - half) * SUMS + i) * LANES + lane] = sum[i];
      }
    }
    workgroupBarrier();
    // @unroll
    for (var i = 0u; i < SUMS; i++) {
      if (part < half) {
        sum[i] += tile[(part * SUMS + i) * LANES + lane];
      }
    }
    workgroupBarrier();
  }
  if (part == 0u) {
    // A copy to index in a loop: what a store does is long in some kernels, and `sum` stays in registers only as long as
    // its indices are constant.
    var result: array<vec4<f32>, SUMS>;
    // @unroll
    for (var i = 0u; i < SUMS; i++) {
      result[i] = sum[i];
    }
    for (var i = 0u; i < SUMS; i++) {
      store_c(member, row_0 + lane_y * ROWS + i / QUADS, quad_0 + i % QUADS * THREADS_X + lane_x, result[i]);
    }
  }
}
