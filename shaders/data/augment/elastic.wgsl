// Elastic distortion: every pixel moves by d(at) = sum_ij B(at.x / h + 1 - i) B(at.y / h + 1 - j) u_ij, B the cubic
// B-spline, u_ij uniform in a square, on nodes h pixels apart, the first of them a node before the image.
// Simard et al. 2003, "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis", draw a
// number for each pixel and smooth them with a Gaussian of deviation sigma. The spline of h = sqrt(3) sigma has that
// deviation and nearly that shape, and takes a few products a pixel in place of a convolution. Theirs is scaled by a
// factor alpha; here `elastic` is the standard deviation of d along each axis, averaged over places:
//   u in [-a, a),  a = elastic sqrt(3) 315 / 151,  as the mean over x of sum_i B(x - i)^2 is 151 / 315

const NODES = 1u;   // columns times lines of nodes
const NODES_X = 1u; // columns of nodes
const FOLDED = 1u;  // columns of nodes times lines of pixels

var<workgroup> nodes: array<vec2<f32>, NODES>;
var<workgroup> folded: array<vec2<f32>, FOLDED>; // the sums over j for each line of pixels

// All threads of a workgroup together; the folded sums are ready at the end.
fn draw_displacement(own: Augment, seed: u32, sample: u32, thread: u32) {
  let range = own.elastic * (1.7320508075688772 * 315.0 / 151.0);
  for (var i = thread; i < NODES; i += THREADS) {
    let bits = augment_bits(seed, KIND_ELASTIC, sample * NODES + i);
    nodes[i] = vec2<f32>(either_side(bits.x, range), either_side(bits.y, range));
  }
  workgroupBarrier(); // the row before is done with its folded sums, too
  for (var i = thread; i < FOLDED; i += THREADS) {
    let place = f32(i / NODES_X) / shape.spacing;
    let cell = floor(place);
    let y = spline(place - cell);
    let first = u32(cell) * NODES_X + i % NODES_X;
    let near = y.x * nodes[first] + y.y * nodes[first + NODES_X];
    folded[i] = near + y.z * nodes[first + 2u * NODES_X] + y.w * nodes[first + 3u * NODES_X];
  }
  workgroupBarrier();
}

// The spline at the four nodes around a place, `t` in [0, 1) of the way from the second to the third.
fn spline(t: f32) -> vec4<f32> {
  let u = 1.0 - t;
  let second = 4.0 - 3.0 * t * t * (1.0 + u);
  let third = 4.0 - 3.0 * u * u * (1.0 + t);
  return vec4<f32>(u * u * u, second, third, t * t * t) / 6.0;
}

// Of the pixel at column `x` of line `line`.
fn displacement(x: f32, line: u32) -> vec2<f32> {
  let place = x / shape.spacing;
  let cell = floor(place);
  let weight = spline(place - cell);
  let i = line * NODES_X + u32(cell);
  return weight.x * folded[i] + weight.y * folded[i + 1u] + weight.z * folded[i + 2u] + weight.w * folded[i + 3u];
}
