// Adds up what lbfgs_products.wgsl left, a thread a column, in the order of the threads.
//   sums[column] <- sum of partials[column] over the threads
// partials [P, columns, threads], sums [P, columns], both of vec4s. Workgroup z = member.

struct Shape {
  columns: u32,
  threads: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> partials: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> sums: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
  if (id.x >= shape.columns) {
    return;
  }
  let column = group.z * shape.columns + id.x;
  var sum = vec4<f32>();
  for (var i = 0u; i < shape.threads; i++) {
    sum += partials[column * shape.threads + i];
  }
  sums[column] = sum;
}
