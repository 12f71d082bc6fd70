// One step of the power iteration for SOAP's eigenvectors, from their images; see soap.wgsl.
//   Q <- QR(P Q), by Gram-Schmidt twice over ("twice is enough"), columns by falling q^T P q
// A column of which less than 1e-5 of the greatest q^T P q is left, the rounding of P Q, gives way to the old one. Both lie
// transposed, an eigenvector a row: basis and images [P, extra] of squares as `sides` places them. A workgroup takes a side.
// Workgroups: x counts sides, z = member.
// Source: Vyas et al. 2024, algorithm 4; Giraud, Langou and Rozloznik 2005 on Gram-Schmidt.

const SIDE = 512u; // the longest one
const QUADS = 128u;
const THREADS = 64u;
const LEAST = 1e-5;

struct Side {
  basis_at: u32,  // in quads of a member's part
  images_at: u32,
  size: u32,
  spare: u32,
}

struct Shape {
  extra: u32,  // quads from member to member
  images: u32,
  refresh: u32, // which one of this step it is, from 1
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> sides: array<Side>;
@group(1) @binding(2) var<storage, read> images: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> basis: array<vec4<f32>>;

var<workgroup> v: array<vec4<f32>, QUADS>;
var<workgroup> r: array<f32, SIDE>;
var<workgroup> order: array<u32, SIDE>;
var<workgroup> partials: array<f32, THREADS>;
var<workgroup> square: f32;

// v <- v - sum of q_j (q_j . v) over the first `count` columns in order; returns |v|^2.
fn project(thread: u32, count: u32, base: u32, quads: u32) -> f32 {
  for (var j = thread; j < count; j += THREADS) {
    let at = base + order[j] * quads;
    var sum = vec4<f32>();
    for (var q = 0u; q < quads; q++) {
      sum += basis[at + q] * v[q];
    }
    r[j] = sum.x + sum.y + sum.z + sum.w;
  }
  workgroupBarrier();
  var own = 0.0;
  for (var q = thread; q < quads; q += THREADS) {
    var rest = v[q];
    for (var j = 0u; j < count; j++) {
      rest -= r[j] * basis[base + order[j] * quads + q];
    }
    v[q] = rest;
    own += dot(rest, rest);
  }
  partials[thread] = own;
  workgroupBarrier();
  if (thread == 0u) {
    var sum = 0.0;
    for (var i = 0u; i < THREADS; i++) {
      sum += partials[i];
    }
    square = sum;
  }
  return workgroupUniformLoad(&square);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3<u32>) {
  let row = row_of(group.z);
  if (row.enabled == 0u || row.hyper.refreshes < f32(shape.refresh)) {
    return;
  }
  let size = sides[group.x].size;
  let quads = (size + 3u) / 4u;
  let base = group.z * shape.extra + sides[group.x].basis_at;
  let images_base = group.z * shape.images + sides[group.x].images_at;
  for (var j = thread; j < size; j += THREADS) {
    var sum = vec4<f32>();
    for (var q = 0u; q < quads; q++) {
      sum += basis[base + j * quads + q] * images[images_base + j * quads + q];
    }
    r[j] = sum.x + sum.y + sum.z + sum.w;
  }
  workgroupBarrier();
  for (var j = thread; j < size; j += THREADS) {
    var rank = 0u;
    for (var i = 0u; i < size; i++) {
      rank += select(0u, 1u, r[i] > r[j] || (r[i] == r[j] && i < j));
    }
    order[rank] = j;
  }
  workgroupBarrier();
  let greatest = r[order[0]];
  let scale = select(0.0, 1.0 / greatest, greatest > 0.0);
  for (var k = 0u; k < size; k++) {
    let at = base + order[k] * quads;
    var length = 0.0;
    // Twice with the image, and twice with the old vector where the image has nothing new: one loop, whose code is there once.
    for (var turn = 0u; turn < 4u && (turn != 2u || !(length > LEAST * LEAST)); turn++) {
      if (turn == 0u) {
        for (var q = thread; q < quads; q += THREADS) {
          v[q] = scale * images[images_base + order[k] * quads + q];
        }
      } else if (turn == 2u) {
        for (var q = thread; q < quads; q += THREADS) {
          v[q] = basis[at + q];
        }
      }
      storageBarrier();
      workgroupBarrier();
      length = project(thread, k, base, quads);
    }
    for (var q = thread; q < quads; q += THREADS) {
      basis[at + q] = v[q] / sqrt(length);
    }
  }
}
