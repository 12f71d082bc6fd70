// What lbfgs_decide.wgsl may come to: a point is taken, the direction is given up, or there is a next trial step. The state
// and the orders: lbfgs_search.wgsl.

var<private> low_is_now: bool;

fn take(source: f32, p: Point, most_g: f32, most_d: f32, h: Hyper) {
  orders[order_at + T_TAKEN] = p.t;
  var action = GO_ON;
  if (most_g <= h.tolerance_grad) {
    action = STOP;
    extra[own + PHASE] = AT_START;
  } else if (p.t * most_d <= h.tolerance_change || abs(p.f - extra[own + START_LOSS]) < h.tolerance_change) {
    action = STOP;
    extra[own + PHASE] = ENDED;
  }
  extra[own + START_LOSS] = p.f;
  order(action, source);
}

// No point is lower than x0.
fn give_up() {
  if (extra[own + COUNT] > 0.0) {
    order(BEGIN, BEFORE);
  } else {
    extra[own + PHASE] = ENDED;
    order(STOP, BEFORE);
  }
}

fn try_at(t: f32) {
  extra[own + TRIAL] = t;
  extra[own + TRIALS] += 1.0;
  orders[order_at + T_NEXT] = t;
  orders[order_at + IS_LOWEST] = select(0.0, 1.0, low_is_now);
  order(TRY, EVALUATED);
}

fn set_low(p: Point, most_g: f32) {
  set_point(LOW, p);
  extra[own + LOW_MAX] = most_g;
  low_is_now = true;
}

// The next trial step within the bracket, away from its ends where they come up twice.
fn step_inside() -> f32 {
  let low = point(LOW);
  let high = point(HIGH);
  let least = min(low.t, high.t);
  let most = max(low.t, high.t);
  let t = cubic(low, high, least, most);
  let margin = 0.1 * (most - least);
  let is_near = min(most - t, t - least) < margin;
  let moves = is_near && (extra[own + NEAR_END] > 0.0 || t >= most || t <= least);
  extra[own + NEAR_END] = select(0.0, 1.0, is_near && !moves);
  if (!moves) {
    return t;
  }
  return select(least + margin, most - margin, abs(t - most) < abs(t - least));
}
