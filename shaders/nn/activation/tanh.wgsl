// Hyperbolic tangent: a sigmoid with its middle at 0.
//   y = (exp(2 z) - 1) / (exp(2 z) + 1)
//   dy/dz = 1 - y^2
// The gradient is a function of the output y. z is cut at 10, where y is 1 in f32: WGSL's tanh may overflow for large ones.
// Source: as torch.nn.Tanh.

fn activate(z: f32) -> f32 {
  return activate4(vec4<f32>(z)).x;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return tanh(clamp(z, vec4<f32>(-10.0), vec4<f32>(10.0)));
}

fn activation_gradient(y: f32) -> f32 {
  return activation_gradient4(vec4<f32>(y)).x;
}

fn activation_gradient4(y: vec4<f32>) -> vec4<f32> {
  return 1.0 - y * y;
}
