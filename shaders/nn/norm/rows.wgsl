// Sums along the rows of a matrix, for kernels whose workgroups hold ROWS neighbouring rows: LANES threads share a row's
// vec4s, thread `lane` taking every LANES-th, and add their sums up in the order of the lanes.

const ROWS = 4u;
const LANES = 16u;
const THREADS = ROWS * LANES;

var<workgroup> lane_sums: array<f32, THREADS>;

// The sum of what the lanes of this thread's row bring. All threads of a workgroup must call it together.
fn row_sum(mine: vec4<f32>, thread: u32) -> f32 {
  workgroupBarrier(); // the sum before has been read
  lane_sums[thread] = dot(mine, vec4<f32>(1.0));
  workgroupBarrier();
  var sum = 0.0;
  for (var lane = 0u; lane < LANES; lane++) {
    sum += lane_sums[thread / LANES * LANES + lane];
  }
  return sum;
}
