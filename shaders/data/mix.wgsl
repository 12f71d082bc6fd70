// Mixup's inputs: the rows of a chunk in pairs, the first with the last, each become mixtures of the two, in place:
//   x[r] <- mix x[r] + (1 - mix) x[rows - 1 - r]
// Batches are permutations of the samples, so that pairs are random ones. The row in the middle of an odd number stays. mix is
// the member's own in the step (lib/member_step.wgsl); loss/mixed_labels.wgsl has the labels.
// x [P, capacity, ceil4(inputs)]. Workgroup z = member.
// Source: Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization", figure 1.

struct Shape {
  words: u32,    // vec4s of a row
  x_stride: u32, // vec4s from one member's part of x to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read_write> x: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let start = group.z * shape.x_stride;
  let share = member_step(group.z).mix;
  // A thread takes both rows of a pair.
  for (var i = id.x; i < step.rows / 2u * shape.words; i += workgroups.x * 64u) {
    let row = i / shape.words;
    let first = start + i;
    let last = start + (step.rows - 1u - row) * shape.words + i % shape.words;
    let a = x[first];
    let b = x[last];
    x[first] = share * a + (1.0 - share) * b;
    x[last] = share * b + (1.0 - share) * a;
  }
}
