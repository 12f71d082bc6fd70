// What an adapter computes at most: multiply-adds on registers and nothing else, against which kernels are measured.
//   a_i <- a_i factor + addend, ACCUMULATORS independent vec4s a thread, rounds * TURNS times
// out [threads]: the sum of a thread's accumulators, written so that no compiler drops the work. factor + addend = 1 in
// effect: every accumulator tends to 1, and none becomes subnormal or infinite. 8 * ACCUMULATORS * TURNS * rounds
// operations a thread.

const ACCUMULATORS = 4u;
const TURNS = 16u;

struct Shape {
  rounds: u32,
  factor: f32,
  addend: f32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let factor = vec4<f32>(shape.factor);
  let addend = vec4<f32>(shape.addend);
  var a: array<vec4<f32>, ACCUMULATORS>;
  // @unroll
  for (var i = 0u; i < ACCUMULATORS; i++) {
    a[i] = vec4<f32>(vec4<u32>(0u, 1u, 2u, 3u) + id.x + 4u * i) * 1e-6;
  }
  for (var round = 0u; round < shape.rounds; round++) {
    // @unroll
    for (var turn = 0u; turn < TURNS; turn++) {
      // @unroll
      for (var i = 0u; i < ACCUMULATORS; i++) {
        a[i] = fma(a[i], factor, addend);
      }
    }
  }
  var sum = vec4<f32>(0.0);
  // @unroll
  for (var i = 0u; i < ACCUMULATORS; i++) {
    sum += a[i];
  }
  out[id.x] = sum.x + sum.y + sum.z + sum.w;
}
