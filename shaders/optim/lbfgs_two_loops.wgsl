// The two loops of Nocedal and Wright 2006, algorithm 7.4, on the coefficients of a vector in place of the vector: they need
// products of gradient and pairs only. Those among pairs are kept in `gram`: rows of s_i y_j for pairs j as new as i or newer,
// then of y_i y_j. The others are in `sums`, as lbfgs_products.wgsl says (Chen, Wang and Zhou 2014, algorithm 3). `shape` is
// lbfgs_direction.wgsl's.

@group(1) @binding(3) var<storage, read> sums: array<vec4<f32>>;

var<private> column: u32;

// Where s_i y_j lies; i from `history` on: y_i y_j.
fn product_at(i: u32, j: u32) -> u32 {
  return own + shape.gram + i * shape.row + j;
}

// Takes up the new pair where it says something of the curvature.
fn keep_pair(made: vec4<f32>) {
  let h = shape.history;
  let place = u32(extra[own + NEXT]);
  let count = u32(extra[own + COUNT]);
  for (var j = 0u; j < count; j++) {
    let crossed = sums[column + j];
    extra[product_at(j, place)] = crossed.z;
    extra[product_at(h + j, place)] = crossed.w;
    extra[product_at(h + place, j)] = crossed.w;
  }
  extra[product_at(place, place)] = made.x;
  extra[product_at(h + place, place)] = made.y;
  orders[order_at + PLACE] = f32(place);
  extra[own + COUNT] = f32(min(count + 1u, h));
  extra[own + NEXT] = f32((place + 1u) % h);
}

// s_j g, y_j g
fn with_gradient(j: u32) -> vec2<f32> {
  if (f32(j) == orders[order_at + PLACE]) {
    return sums[column + shape.history].zw;
  }
  return sums[column + j].xy;
}

// Writes the coefficients of -H g; gives its product with g.
fn two_loops(gg: f32) -> f32 {
  let h = shape.history;
  let count = u32(extra[own + COUNT]);
  let newest = u32(extra[own + NEXT]) + h - 1u;
  let c = order_at + OF_PAIRS;
  let alphas = c + 2u * h;
  var of_g = -1.0;
  for (var k = 0u; k < count; k++) {
    let i = (newest - k) % h;
    var product = of_g * with_gradient(i).x;
    for (var l = 0u; l < k; l++) {
      let j = (newest - l) % h;
      product += orders[c + 2u * j + 1u] * extra[product_at(i, j)];
    }
    let alpha = product / extra[product_at(i, i)];
    orders[alphas + i] = alpha;
    orders[c + 2u * i] = 0.0;
    orders[c + 2u * i + 1u] = -alpha;
  }
  if (count > 0u) {
    let last = newest % h;
    let scale = extra[product_at(last, last)] / extra[product_at(h + last, last)];
    of_g *= scale;
    for (var j = 0u; j < count; j++) {
      orders[c + 2u * j + 1u] *= scale;
    }
  }
  for (var k = count; k > 0u; k--) {
    let i = (newest - (k - 1u)) % h;
    var product = of_g * with_gradient(i).y;
    for (var l = 0u; l < count; l++) {
      let j = (newest - l) % h;
      product += orders[c + 2u * j + 1u] * extra[product_at(h + i, j)];
      if (l >= k) { // older
        product += orders[c + 2u * j] * extra[product_at(j, i)];
      }
    }
    orders[c + 2u * i] += orders[alphas + i] - product / extra[product_at(i, i)];
  }
  orders[order_at + OF_GRADIENT] = of_g;
  var slope = of_g * gg;
  for (var j = 0u; j < count; j++) {
    slope += dot(vec2<f32>(orders[c + 2u * j], orders[c + 2u * j + 1u]), with_gradient(j));
  }
  return slope;
}
