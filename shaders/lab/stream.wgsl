// What an adapter moves at most: a copy, against which kernels that memory bounds are measured.
//   copy[i] <- source[i], both vec4 [quads]; 32 bytes moved for each

struct Shape {
  quads: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> source: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> copy: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    copy[quad] = source[quad];
  }
}
