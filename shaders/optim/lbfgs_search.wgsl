// The state of a line search of lbfgs.wgsl: a row of SEARCH numbers at the head of each member's part of `extra`, and the
// orders of the step (lbfgs_order.wgsl).

const PHASE = 0u;
const TRIAL = 1u;       // t
const START_LOSS = 2u;  // f and g d at t = 0
const START_SLOPE = 3u;
const LOW = 4u;         // t, f and g d of the lowest point; while a bracket is looked for, of the trial before
const HIGH = 7u;        // of the other end of the bracket
const TRIALS = 10u;     // after the first one
const NEAR_END = 11u;   // 1: the trial was near an end of the bracket
const LOW_MAX = 12u;    // largest |g| at the lowest point
const COUNT = 13u;      // of pairs
const NEXT = 14u;       // place of the next pair
const SEARCH = 16u;

// PHASE
const AT_START = 0.0;
const BRACKETING = 1.0;
const ZOOMING = 2.0;
const ENDED = 3.0;

const HUGE = 1e30; // more than any loss

@group(1) @binding(1) var<storage, read_write> extra: array<f32>;
@group(1) @binding(2) var<storage, read_write> orders: array<f32>;

var<private> own: u32;
var<private> order_at: u32;

fn order(action: f32, source: f32) {
  orders[order_at + ACTION] = action;
  orders[order_at + SOURCE] = source;
}

fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

struct Point {
  t: f32,
  f: f32,
  slope: f32,
}

fn point(at: u32) -> Point {
  return Point(extra[own + at], extra[own + at + 1u], extra[own + at + 2u]);
}

fn set_point(at: u32, p: Point) {
  extra[own + at] = p.t;
  extra[own + at + 1u] = p.f;
  extra[own + at + 2u] = p.slope;
}

// Where the cubic through the values and slopes of two points is least, within bounds; their middle where it is nowhere.
// Nocedal and Wright 2006, equation 3.59.
fn cubic(a: Point, b: Point, least: f32, most: f32) -> f32 {
  var one = a;
  var two = b;
  if (a.t > b.t) {
    one = b;
    two = a;
  }
  let middle = 0.5 * (least + most);
  if (max(one.f, two.f) >= HUGE) {
    return middle;
  }
  let d1 = one.slope + two.slope - 3.0 * (one.f - two.f) / (one.t - two.t);
  let square = d1 * d1 - one.slope * two.slope;
  let d2 = sqrt(max(square, 0.0));
  // t = two.t - span (two.slope + d2 - d1), from the end where nothing cancels: d2^2 - d1^2 is known.
  let span = (two.t - one.t) / (two.slope - one.slope + 2.0 * d2);
  let from_one = one.t - span * one.slope * (1.0 + two.slope / (d2 - d1));
  let from_two = two.t - span * two.slope * (1.0 - one.slope / (d2 + d1));
  let t = select(from_two, from_one, d1 < 0.0);
  if (!is_finite(t) || !(square >= 0.0)) {
    return middle;
  }
  return clamp(t, least, most);
}
