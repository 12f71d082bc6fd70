// Sums down the columns of a matrix, for kernels whose workgroups hold QUADS neighbouring vec4s of columns: LANES threads
// share a column's rows, thread `lane` taking every LANES-th, and add their sums up in the order of the lanes.

const QUADS = 4u;
const LANES = 16u;
const THREADS = QUADS * LANES;

var<workgroup> lane_sums: array<vec4<f32>, THREADS>;

// The sum of what the lanes of this thread's columns bring. All threads of a workgroup must call it together.
fn column_sum(mine: vec4<f32>, thread: u32) -> vec4<f32> {
  workgroupBarrier(); // the sum before has been read
  lane_sums[thread] = mine;
  workgroupBarrier();
  var sum = vec4<f32>(0.0);
  for (var lane = 0u; lane < LANES; lane++) {
    sum += lane_sums[lane * QUADS + thread % QUADS];
  }
  return sum;
}
