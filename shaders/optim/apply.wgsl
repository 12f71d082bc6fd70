// Takes the gradient of four adjacent parameters through one step of the optimizer whose file is joined before this one:
//   params[i] <- update(params[i], gradient[i], state[0..SLOTS][i], hyper)
// params [P, stride], state [P, SLOTS, stride]; the row of hyper-parameters comes from row.wgsl. Same functions as
// apply_stateless.wgsl (an optimizer without state) and nn/keep_gradient.wgsl (which leaves the step to a later kernel).

const CHANGES_STATE = true; // false: the step only reads it

@group(1) @binding(11) var<storage, read_write> params: array<vec4<f32>>;
@group(1) @binding(12) var<storage, read_write> state: array<vec4<f32>>;

// quad counts vec4s inside the member's part, which has `quads` of them.
fn take_gradient(row: Row, member: u32, quads: u32, quad: u32, gradient: vec4<f32>) {
  if (row.enabled == 0u) {
    return;
  }
  let at = member * quads + quad;
  let state_at = member * SLOTS * quads + quad;
  var x = params[at];
  var slots: array<vec4<f32>, SLOTS>;
  // @unroll
  for (var slot = 0u; slot < SLOTS; slot++) {
    slots[slot] = state[state_at + slot * quads];
  }
  // @unroll
  for (var lane = 0u; lane < 4u; lane++) {
    var own: array<f32, SLOTS>;
    // @unroll
    for (var slot = 0u; slot < SLOTS; slot++) {
      own[slot] = slots[slot][lane];
    }
    x[lane] = update(x[lane], gradient[lane], &own, row.hyper);
    // @unroll
    for (var slot = 0u; slot < SLOTS; slot++) {
      slots[slot][lane] = own[slot];
    }
  }
  params[at] = x;
  if (CHANGES_STATE) {
    // @unroll
    for (var slot = 0u; slot < SLOTS; slot++) {
      state[state_at + slot * quads] = slots[slot];
    }
  }
}
