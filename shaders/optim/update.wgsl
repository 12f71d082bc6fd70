// One optimizer step: params[i] <- update(params[i], grads[i], state[0..SLOTS][i], hyper) for every parameter of every member.
// params, grads [P, stride], state [P, SLOTS, stride]; hypers [K, P], a row for each step and member. The mathematics is
// in the optimizer's own file, joined to this one. A thread updates four adjacent parameters. Workgroup z = member.

struct Shape {
  quads: u32, // stride / 4
}

struct Row {
  enabled: u32, // 0: the member has stopped and stays as it is
  hyper: Hyper,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> hypers: array<Row>;
@group(1) @binding(2) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> params: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> state: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let member = group.z;
  let row = hypers[step.slot * step.members + member];
  if (row.enabled == 0u) {
    return;
  }
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    let at = member * shape.quads + quad;
    let state_at = member * SLOTS * shape.quads + quad;
    let gradient = grads[at];
    var x = params[at];
    var slots: array<vec4<f32>, SLOTS>;
    // @unroll
    for (var slot = 0u; slot < SLOTS; slot++) {
      slots[slot] = state[state_at + slot * shape.quads];
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
    // @unroll
    for (var slot = 0u; slot < SLOTS; slot++) {
      state[state_at + slot * shape.quads] = slots[slot];
    }
  }
}
