// Logistic function: the probability whose log-odds are z.
//   y = 1 / (1 + exp(-z))
//   dy/dz = y (1 - y)
// The gradient is a function of the output y. z is cut at -80, below which exp(-z) would overflow.
// Source: as torch.nn.Sigmoid.

fn activate(z: f32) -> f32 {
  return activate4(vec4<f32>(z)).x;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return 1.0 / (1.0 + exp(-max(z, vec4<f32>(-80.0))));
}

fn activation_gradient(y: f32) -> f32 {
  return activation_gradient4(vec4<f32>(y)).x;
}

fn activation_gradient4(y: vec4<f32>) -> vec4<f32> {
  return y * (1.0 - y);
}
