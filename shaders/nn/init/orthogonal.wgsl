// Makes the rows of a matrix orthonormal, or its columns where they are fewer, times a gain: Gram-Schmidt, each vector
// against all before it and twice, since once leaves what rounding made of the parts that it took away.
//   v_j <- v_j - sum_(i < j) (v_i . v_j) v_i, two times;  v_j <- v_j / |v_j|
// Of normal numbers (normal.wgsl) this is uniform over all such matrices. One workgroup a member.
// params [P, stride]; the tensor is at `offset`. Vector j begins at j * next, its elements lie `along` apart, in floats.
// Source: Saxe, McClelland and Ganguli 2014, "Exact Solutions to the Nonlinear Dynamics of Learning"; as torch.nn.init.orthogonal_.

const THREADS = 128u;

struct Shape {
  vectors: u32,
  length: u32,
  next: u32,
  along: u32,
  offset: u32,
  stride: u32, // from one member's part of params to the next
  gain: f32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(2) var<storage, read_write> params: array<f32>;

var<workgroup> products: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let start = group.z * shape.stride + shape.offset;
  for (var j = 0u; j < shape.vectors; j++) {
    let own = start + j * shape.next;
    for (var turn = 0u; turn < 2u; turn++) {
      for (var first = 0u; first < j; first += THREADS) { // as many of the vectors before as there are threads
        let i = first + thread;
        var product = 0.0;
        for (var e = 0u; e < select(0u, shape.length, i < j); e++) {
          product += params[start + i * shape.next + e * shape.along] * params[own + e * shape.along];
        }
        products[thread] = product;
        workgroupBarrier();
        for (var e = thread; e < shape.length; e += THREADS) {
          var value = params[own + e * shape.along];
          for (var k = 0u; k < min(THREADS, j - first); k++) {
            value -= products[k] * params[start + (first + k) * shape.next + e * shape.along];
          }
          params[own + e * shape.along] = value;
        }
        storageBarrier();
        workgroupBarrier();
      }
    }
    var square = 0.0;
    for (var e = thread; e < shape.length; e += THREADS) {
      square += params[own + e * shape.along] * params[own + e * shape.along];
    }
    products[thread] = square;
    workgroupBarrier();
    var total = 0.0;
    for (var k = 0u; k < THREADS; k++) {
      total += products[k];
    }
    for (var e = thread; e < shape.length; e += THREADS) {
      params[own + e * shape.along] *= inverseSqrt(total);
    }
    storageBarrier();
    workgroupBarrier();
  }
  for (var i = thread; i < shape.vectors * shape.length; i += THREADS) {
    params[start + i / shape.length * shape.next + i % shape.length * shape.along] *= shape.gain;
  }
}
