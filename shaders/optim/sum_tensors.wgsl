// Adds what sum_segments.wgsl left of each segment up to a tensor's sums, or to those of all parameters, in a fixed order.
//   sums[tensor] <- sum of partials over the tensor's segments
// partials [P, segments, 64], sums [P, tensors or 1], both of vec4s. Workgroups: x = tensor, z = member.

const WHOLE = false; // over all tensors

struct Shape {
  segments: u32,
  tensors: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> partials: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> sums: array<vec4<f32>>;

var<workgroup> threads: array<vec4<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3<u32>) {
  let tensor = group.x;
  var begin = 0u;
  var end = shape.segments;
  if (!WHOLE) {
    begin = tensors[tensor].first_segment;
    if (tensor + 1u < shape.tensors) {
      end = tensors[tensor + 1u].first_segment;
    }
  }
  var sum = vec4<f32>();
  for (var part = 64u * begin + thread; part < 64u * end; part += 64u) {
    sum += partials[64u * group.z * shape.segments + part];
  }
  threads[thread] = sum;
  workgroupBarrier();
  if (thread > 0u) {
    return;
  }
  // By one thread: on a CPU adapter a tree of barriers, or more threads at one, take longer than this.
  for (var i = 1u; i < 64u; i++) {
    sum += threads[i];
  }
  sums[group.z * select(shape.tensors, 1u, WHOLE) + tensor] = sum;
}
