// Keeps the gradient of four adjacent parameters for a later kernel: in `grads` [P, stride]. The first chunk of a step
// overwrites, the others add. Same functions as optim/apply.wgsl, which takes the optimizer's step with it at once.
// ACCUMULATE = false saves what only batches of several chunks need.

const ACCUMULATE = true;

struct Row {
  unused: u32,
}

@group(1) @binding(10) var<storage, read_write> grads: array<vec4<f32>>;

fn row_of(member: u32) -> Row {
  return Row(member);
}

// quad counts vec4s inside the member's part, which has `quads` of them.
fn take_gradient(row: Row, member: u32, quads: u32, quad: u32, gradient: vec4<f32>) {
  let at = member * quads + quad;
  if (ACCUMULATE && step.first == 0u) {
    grads[at] += gradient;
  } else {
    grads[at] = gradient;
  }
}
