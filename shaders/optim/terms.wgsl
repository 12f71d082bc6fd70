// What four adjacent parameters add to the sums that an optimizer needs of a tensor: the optimizer's file, joined before this
// one, has `terms` beside `update`. It may change the state, as an update whose length is not known yet; and where the sums
// serve the next step, the step itself is taken here too, as in apply.wgsl.
//   (terms, state[0..SLOTS][i]) <- terms(params[i], gradient[i], state[0..SLOTS][i], hyper)
// params [P, stride], state [P, SLOTS, stride].

const READS_STATE = true;
const CHANGES_STATE = true;
const CHANGES_PARAMS = false;

@group(1) @binding(11) var<storage, read_write> params: array<vec4<f32>>;
@group(1) @binding(12) var<storage, read_write> state: array<vec4<f32>>;

fn take_terms(row: Row, member: u32, quads: u32, quad: u32, gradient: vec4<f32>) -> vec4<f32> {
  var x = params[member * quads + quad];
  let state_at = member * SLOTS * quads + quad;
  var slots: array<vec4<f32>, SLOTS>;
  if (READS_STATE) {
    // @unroll
    for (var slot = 0u; slot < SLOTS; slot++) {
      slots[slot] = state[state_at + slot * quads];
    }
  }
  var sum = vec4<f32>();
  // @unroll
  for (var lane = 0u; lane < 4u; lane++) {
    var own: array<f32, SLOTS>;
    // @unroll
    for (var slot = 0u; slot < SLOTS; slot++) {
      own[slot] = slots[slot][lane];
    }
    sum += terms(x[lane], gradient[lane], &own, row.hyper);
    if (CHANGES_PARAMS) {
      x[lane] = update(x[lane], gradient[lane], &own, row.hyper);
    }
    // @unroll
    for (var slot = 0u; slot < SLOTS; slot++) {
      slots[slot][lane] = own[slot];
    }
  }
  if (CHANGES_PARAMS && row.enabled != 0u) {
    params[member * quads + quad] = x;
  }
  if (CHANGES_STATE && row.enabled != 0u) {
    // @unroll
    for (var slot = 0u; slot < SLOTS; slot++) {
      state[state_at + slot * quads] = slots[slot];
    }
  }
  return sum;
}
