// Does what lbfgs_decide.wgsl and lbfgs_direction.wgsl ordered: the parameters go to the next trial point of the line search,
// or a point is taken, its step makes a pair, and they go to the first trial point along a new direction.
// params, grads [P, stride], state [P, SLOTS, stride]; extra: as lbfgs_products.wgsl has it. Workgroup z = member.

struct Shape {
  quads: u32,   // that hold parameters
  stride: u32,  // quads from one member to the next
  extra: u32,   // quads from one member's part to the next
  pairs: u32,   // where pairs lie in it
  history: u32,
  orders: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> state: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> params: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> extra: array<vec4<f32>>;
@group(1) @binding(5) var<storage, read> orders: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let order = group.z * shape.orders;
  let action = orders[order + ACTION];
  if (action == STAY) {
    return;
  }
  let source = orders[order + SOURCE];
  let taken = orders[order + T_TAKEN];
  let next = orders[order + T_NEXT];
  let slots = group.z * SLOTS * shape.stride;
  let all_s = group.z * shape.extra + shape.pairs;
  let all_y = all_s + shape.history * shape.quads;
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    let at = group.z * shape.stride + quad;
    let own = slots + quad;
    let along = state[own + d * shape.stride];
    var x = state[own + x0 * shape.stride];
    if (action == TRY) {
      params[at] = x + next * along;
      if (orders[order + IS_LOWEST] == 1.0) {
        state[own + low_grad * shape.stride] = grads[at];
      }
      continue;
    }
    let g0 = state[own + prev_flat_grad * shape.stride];
    var g = g0;
    if (source == EVALUATED) {
      x = params[at];
      g = grads[at];
    } else if (source == LOWEST) {
      x += taken * along;
      g = state[own + low_grad * shape.stride];
    }
    var direction = vec4<f32>();
    if (action != STOP) {
      let place = orders[order + PLACE];
      if (place >= 0.0) {
        extra[all_s + u32(place) * shape.quads + quad] = taken * along;
        extra[all_y + u32(place) * shape.quads + quad] = g - g0;
      }
      direction = orders[order + OF_GRADIENT] * g;
      for (var j = 0u; j < u32(orders[order + PAIRS]); j++) {
        direction += orders[order + OF_PAIRS + 2u * j] * extra[all_s + j * shape.quads + quad];
        direction += orders[order + OF_PAIRS + 2u * j + 1u] * extra[all_y + j * shape.quads + quad];
      }
      params[at] = x + next * direction;
    } else {
      params[at] = x;
    }
    state[own + x0 * shape.stride] = x;
    state[own + d * shape.stride] = direction;
    state[own + prev_flat_grad * shape.stride] = g;
    state[own + low_grad * shape.stride] = g;
  }
}
