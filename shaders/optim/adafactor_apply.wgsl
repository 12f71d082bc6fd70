// apply.wgsl for adafactor.wgsl, which works on four adjacent parameters. sums [P, tensors] of vec4s: x^2, u^2.

@group(1) @binding(11) var<storage, read_write> params: array<vec4<f32>>;
@group(1) @binding(14) var<storage, read> sums: array<vec4<f32>>;

fn take_gradient(row: Row, member: u32, quads: u32, quad: u32, gradient: vec4<f32>) {
  if (row.enabled == 0u) {
    return;
  }
  let at = member * quads + quad;
  let u = direction(gradient, variance_of(quad));
  params[at] = update(params[at], u, sums[entry].xy, f32(place.rows * place.columns), row.hyper);
}
