// The first half of clipping by global norm: sums of the squares of gradients, one a workgroup.
//   partials[p] = sum of g^2 over every GROUPS-th block of 64 vec4s
// grads [P, stride], partials [P, GROUPS]. The order of the sum depends on the arena's size alone. Workgroup z = member.

const GROUPS = 32u;

struct Shape {
  quads: u32, // stride / 4
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> partials: array<f32>;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  var squares = vec4<f32>(0.0);
  for (var quad = group.x * 64u + thread; quad < shape.quads; quad += GROUPS * 64u) {
    let g = grads[group.z * shape.quads + quad];
    squares += g * g;
  }
  sums[thread] = dot(squares, vec4<f32>(1.0));
  workgroupBarrier();
  if (thread == 0u) {
    var total = 0.0;
    for (var i = 0u; i < 64u; i++) {
      total += sums[i];
    }
    partials[group.z * GROUPS + group.x] = total;
  }
}
