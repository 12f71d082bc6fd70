// Terms for sum_segments.wgsl: x^2 and u^2, see adafactor.wgsl.

@group(1) @binding(11) var<storage, read> params: array<vec4<f32>>;

fn take_terms(row: Row, member: u32, quads: u32, quad: u32, gradient: vec4<f32>) -> vec4<f32> {
  let x = params[member * quads + quad];
  let u = direction(gradient, variance_of(quad));
  return vec4<f32>(dot(x, x), dot(u, u), 0.0, 0.0);
}
