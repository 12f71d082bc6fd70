// Softplus: a smooth rectified linear unit.
//   y = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|))
//   dy/dz = sigmoid(z) = 1 - exp(-y)
// The gradient is a function of the output y. The second form of y cannot overflow.
// Source: Dugas et al. 2001, "Incorporating Second-Order Functional Knowledge for Better Option Pricing"; as torch.nn.Softplus.

fn activate(z: f32) -> f32 {
  return activate4(vec4<f32>(z)).x;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return max(z, vec4<f32>(0.0)) + log(1.0 + exp(-abs(z)));
}

fn activation_gradient(y: f32) -> f32 {
  return activation_gradient4(vec4<f32>(y)).x;
}

fn activation_gradient4(y: vec4<f32>) -> vec4<f32> {
  return 1.0 - exp(-y);
}
