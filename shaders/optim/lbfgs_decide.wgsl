// One step of the line search of lbfgs.wgsl, once loss and gradient of the trial point are there: takes it, or the lowest
// point so far, or gives the next trial step. Nocedal and Wright 2006, algorithms 3.5 (bracketing) and 3.6 (zoom).
// partials [P, columns, threads] from lbfgs_slopes.wgsl; extra, orders: lbfgs_search.wgsl. Workgroup z = member.

struct Shape {
  columns: u32,
  threads: u32,
  extra: u32,  // floats from one member's part to the next
  orders: u32,
  tiles: u32,  // of the metrics table
}

const C1 = 1e-4;
const C2 = 0.9;
const MAX_TRIALS = 25.0;
const NOISE = 1e-6; // how much larger a loss may come out than it is, as a share of it

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(3) var<storage, read> partials: array<vec4<f32>>;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
  let member = group.z;
  own = member * shape.extra;
  order_at = member * shape.orders;
  order(STAY, EVALUATED);
  orders[order_at + PAIRS] = extra[own + COUNT];
  let row = row_of(member);
  if (row.enabled == 0u || extra[own + PHASE] == ENDED) {
    return;
  }
  let h = row.hyper;
  var sums = vec4<f32>();
  var most = vec4<f32>();
  for (var i = 0u; i < shape.threads; i++) {
    let at = member * shape.columns * shape.threads + i;
    sums += partials[at];
    most = max(most, partials[at + shape.threads]);
  }
  let f = loss_of(member, shape.tiles);
  let has_values = is_finite(f) && is_finite(sums.x) && is_finite(sums.z);
  if (extra[own + PHASE] == AT_START) {
    if (has_values && most.x > h.tolerance_grad) {
      extra[own + START_LOSS] = f;
      order(BEGIN, EVALUATED);
    }
    return;
  }
  var now = Point(extra[own + TRIAL], HUGE, 0.0);
  if (has_values) {
    now = Point(now.t, f, sums.x);
  }
  let trials = extra[own + TRIALS];
  if (trials == 0.0) {
    extra[own + START_SLOPE] = sums.y;
    extra[own + LOW + 2u] = sums.y;
  }
  let start = Point(0.0, extra[own + START_LOSS], extra[own + START_SLOPE]);
  if (!(start.slope < 0.0)) {
    give_up(); // the direction's sums were too inexact
    return;
  }
  let low = point(LOW);
  let is_high = now.f > start.f + C1 * now.t * start.slope + NOISE * abs(start.f);
  let is_flat = abs(now.slope) <= -C2 * start.slope;
  low_is_now = false;
  if (extra[own + PHASE] == BRACKETING) {
    if (trials >= MAX_TRIALS && start.f <= now.f) {
      give_up();
      return;
    }
    let is_bracket = is_high || (trials > 1.0 && now.f >= low.f);
    if (trials >= MAX_TRIALS || (!is_bracket && is_flat)) {
      take(EVALUATED, now, most.x, most.y, h);
      return;
    }
    if (!is_bracket && now.slope < 0.0) {
      set_low(now, most.x);
      try_at(cubic(low, now, now.t + 0.01 * (now.t - low.t), 10.0 * now.t));
      return;
    }
    extra[own + PHASE] = ZOOMING;
    if (low.f <= now.f) {
      set_point(HIGH, now);
    } else {
      set_point(HIGH, low);
      set_low(now, most.x);
    }
  } else if (is_high || now.f >= low.f) {
    if (now.f < low.f) {
      set_point(HIGH, low);
      set_low(now, most.x);
    } else {
      set_point(HIGH, now);
    }
  } else {
    if (is_flat) {
      take(EVALUATED, now, most.x, most.y, h);
      return;
    }
    if (now.slope * (extra[own + HIGH] - low.t) >= 0.0) {
      set_point(HIGH, low);
    }
    set_low(now, most.x);
  }
  let best = point(LOW);
  if (trials < MAX_TRIALS && abs(extra[own + HIGH] - best.t) * most.y >= h.tolerance_change) {
    try_at(step_inside());
  } else if (best.t == 0.0) {
    give_up();
  } else {
    take(select(LOWEST, EVALUATED, low_is_now), best, extra[own + LOW_MAX], most.y, h);
  }
}
