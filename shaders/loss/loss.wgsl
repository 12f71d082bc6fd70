// The frame of all losses: from each row of outputs z its loss, its gradient and the step's metrics.
//   metrics.loss = sum_b loss[b] * inv_batch,  dz[b][c] = dloss[b]/dz[b][c] * inv_batch, pads of dz are 0
//   metrics.hits = samples that are right: loss/classes.wgsl or loss/values.wgsl, which also have the targets
// z, dz [P, capacity, ceil4(outputs)]; metrics: lib/metrics.wgsl. The first chunk of a step starts the metrics afresh, the
// others add to them. The loss's file has `struct Row` with the row's loss, whether it is a hit and what its gradient needs,
// `row_of`, `gradient4`. One workgroup a member; a thread takes every 64th row, and the partial sums are added in the order of the
// threads, so that the result has the same bits each time.

struct Shape {
  outputs: u32,
  outputs4: u32, // ceil(outputs / 4)
  z_stride: u32, // vec4s from one member's part of z and dz to the next
  tiles: u32,    // of the metrics table (lib/metrics.wgsl); this kernel uses the first
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> z: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> dz: array<vec4<f32>>;

const THREADS = 64u;
var<workgroup> partial_loss: array<f32, THREADS>;
var<workgroup> partial_hits: array<u32, THREADS>;

// Output c of the row that starts at `start`.
fn z_at(start: u32, c: u32) -> f32 {
  return z[start + c / 4u][c % 4u];
}

// The outputs of a vec4.
fn columns_of(c4: u32) -> vec4<u32> {
  return 4u * c4 + vec4<u32>(0u, 1u, 2u, 3u);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let member = group.z;
  var loss = 0.0;
  var hits = 0u;
  for (var row = thread; row < step.rows; row += THREADS) {
    let start = member * shape.z_stride + row * shape.outputs4;
    let own = row_of(member, row, start);
    loss += own.loss;
    hits += select(0u, 1u, own.is_hit);
    for (var c4 = 0u; c4 < shape.outputs4; c4++) {
      let gradient = gradient4(own, member, row, start, c4) * step.inv_batch;
      dz[start + c4] = select(vec4<f32>(0.0), gradient, columns_of(c4) < vec4<u32>(shape.outputs));
    }
  }
  partial_loss[thread] = loss;
  partial_hits[thread] = hits;
  workgroupBarrier();
  if (thread == 0u) {
    var sum_loss = 0.0;
    var sum_hits = 0u;
    for (var i = 0u; i < THREADS; i++) {
      sum_loss += partial_loss[i];
      sum_hits += partial_hits[i];
    }
    add_metrics((step.slot * step.members + member) * shape.tiles, sum_loss, sum_hits);
  }
}
