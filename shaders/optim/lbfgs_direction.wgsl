// The next direction of lbfgs.wgsl, as coefficients of the gradient and the pairs, and the first step along it, once the
// products of the new pair and gradient are there: lbfgs_two_loops.wgsl. sums [P, columns] of vec4s; extra, orders:
// lbfgs_search.wgsl. Workgroup z = member.

struct Shape {
  columns: u32,
  extra: u32,   // floats from one member's part to the next
  orders: u32,
  history: u32,
  gram: u32,    // where it lies in a member's part, and floats from row to row
  row: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
  own = group.z * shape.extra;
  order_at = group.z * shape.orders;
  column = group.z * shape.columns;
  let action = orders[order_at + ACTION];
  orders[order_at + PLACE] = -1.0;
  if (action != GO_ON && action != BEGIN) {
    return;
  }
  let h = row_of(group.z).hyper;
  let made = sums[column + shape.history];
  let gradient = sums[column + shape.history + 1u]; // g g, |g|_1
  var is_first = action == BEGIN;
  var slope = 0.0;
  if (!is_first) {
    if (made.x > 1e-10) {
      keep_pair(made);
    }
    slope = two_loops(gradient.x);
    is_first = !is_finite(slope) || (!(slope < 0.0) && extra[own + COUNT] > 0.0);
  }
  if (is_first) {
    extra[own + COUNT] = 0.0;
    extra[own + NEXT] = 0.0;
    orders[order_at + PLACE] = -1.0;
    slope = two_loops(gradient.x);
  }
  let t = select(h.lr, h.lr * min(1.0, 1.0 / gradient.y), is_first);
  extra[own + PHASE] = BRACKETING;
  if (!(slope <= -h.tolerance_change)) {
    extra[own + PHASE] = ENDED;
    orders[order_at + ACTION] = STOP;
  }
  extra[own + TRIAL] = t;
  extra[own + TRIALS] = 0.0;
  extra[own + NEAR_END] = 0.0;
  set_point(LOW, Point(0.0, extra[own + START_LOSS], 0.0)); // the slope comes with the first trial
  orders[order_at + T_NEXT] = t;
  orders[order_at + PAIRS] = extra[own + COUNT];
}
