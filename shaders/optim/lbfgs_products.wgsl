// Products of a new pair and gradient with each other and with all pairs, for lbfgs_direction.wgsl: each thread leaves the
// sums over its own quads. A column a pair, the last two of the new ones, s = t d and y = g - g0, themselves:
//   (s_j g, y_j g, s_j y, y_j y);  (s y, y y, s g, y g), (g g, |g|_1)
// grads [P, stride], state [P, SLOTS, stride], extra: the pairs from `pairs` on, all s and then all y, [history, quads]
// each; partials [P, columns, threads] of vec4s. Workgroups: y = pair, z = member.

struct Shape {
  quads: u32,   // that hold parameters
  stride: u32,  // quads from one member to the next
  columns: u32,
  extra: u32,   // quads from one member's part to the next
  pairs: u32,
  history: u32,
  orders: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> state: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> partials: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read> extra: array<vec4<f32>>;
@group(1) @binding(5) var<storage, read> orders: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let order = group.z * shape.orders;
  let action = orders[order + ACTION];
  let is_new = group.y == shape.history;
  let pairs = select(0u, u32(orders[order + PAIRS]), action == GO_ON);
  if ((action != GO_ON && action != BEGIN) || (!is_new && group.y >= pairs)) {
    return;
  }
  let threads = workgroups.x * 64u;
  let slots = group.z * SLOTS * shape.stride;
  let source = orders[order + SOURCE];
  let t = orders[order + T_TAKEN];
  let pair = group.z * shape.extra + shape.pairs + group.y * shape.quads;
  var sums = mat4x4<f32>();
  var squares = vec4<f32>();
  var size = vec4<f32>();
  for (var quad = id.x; quad < shape.quads; quad += threads) {
    let g0 = state[slots + prev_flat_grad * shape.stride + quad];
    var g = g0;
    if (source == EVALUATED) {
      g = grads[group.z * shape.stride + quad];
    } else if (source == LOWEST) {
      g = state[slots + low_grad * shape.stride + quad];
    }
    let y = g - g0;
    if (is_new) {
      let s = t * state[slots + d * shape.stride + quad];
      sums += mat4x4<f32>(s * y, y * y, s * g, y * g);
      squares += g * g;
      size += abs(g);
    } else {
      let own_s = extra[pair + quad];
      let own_y = extra[pair + shape.history * shape.quads + quad];
      sums += mat4x4<f32>(own_s * g, own_y * g, own_s * y, own_y * y);
    }
  }
  let one = vec4<f32>(1.0);
  let at = (group.z * shape.columns + group.y) * threads + id.x;
  partials[at] = one * sums;
  if (is_new) {
    partials[at + threads] = vec4<f32>(dot(squares, one), dot(size, one), 0.0, 0.0);
  }
}
