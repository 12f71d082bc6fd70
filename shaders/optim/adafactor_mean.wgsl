// The mean of Adafactor's row averages of each matrix, in a fixed order; see adafactor.wgsl.
//   means[tensor] <- mean of R
// extra [P, extra stride], means [P, tensors]. Workgroups: x = tensor, z = member.

struct Shape {
  tensors: u32,
  extra: u32,    // floats from one member's part of `extra` to the next
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> extra: array<f32>;
@group(1) @binding(2) var<storage, read> factors: array<vec2<u32>>; // x: where a tensor's R lies in `extra`, in floats
@group(1) @binding(3) var<storage, read_write> means: array<f32>;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3<u32>) {
  let place = tensors[group.x];
  let begin = group.z * shape.extra + factors[group.x].x;
  var sum = 0.0;
  if (place.rows > 1u) {
    for (var line = thread; line < place.rows; line += 64u) {
      sum += extra[begin + line];
    }
  }
  sums[thread] = sum;
  workgroupBarrier();
  if (thread == 0u) {
    for (var i = 1u; i < 64u; i++) {
      sum += sums[i];
    }
    means[group.z * shape.tensors + group.x] = sum / f32(place.rows);
  }
}
