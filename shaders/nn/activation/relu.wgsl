// Rectified linear unit: negative values become 0.
//   y = max(z, 0)
//   dy/dz = 1 where y > 0, else 0
// The gradient is a function of the output y, and 0 at z = 0 as in PyTorch.
// Source: Nair and Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines"; as torch.nn.ReLU.

fn activate(z: f32) -> f32 {
  return max(z, 0.0);
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return max(z, vec4<f32>(0.0));
}

fn activation_gradient(y: f32) -> f32 {
  return select(0.0, 1.0, y > 0.0);
}

fn activation_gradient4(y: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(0.0), vec4<f32>(1.0), y > vec4<f32>(0.0));
}
