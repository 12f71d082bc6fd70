// apply.wgsl for an optimizer that keeps no state: params[i] <- update(params[i], gradient[i], hyper).

@group(1) @binding(11) var<storage, read_write> params: array<vec4<f32>>;

fn take_gradient(row: Row, member: u32, quads: u32, quad: u32, gradient: vec4<f32>) {
  if (row.enabled == 0u) {
    return;
  }
  let at = member * quads + quad;
  var x = params[at];
  // @unroll
  for (var lane = 0u; lane < 4u; lane++) {
    x[lane] = update(x[lane], gradient[lane], row.hyper);
  }
  params[at] = x;
}
