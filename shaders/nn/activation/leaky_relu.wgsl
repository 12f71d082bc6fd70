// Leaky rectified linear unit: negative values keep a hundredth, so that no unit dies. PyTorch's slope.
//   y = z where z > 0, else 0.01 z
//   dy/dz = 1 where y > 0, else 0.01
// The gradient is a function of the output y.
// Source: Maas, Hannun and Ng 2013, "Rectifier Nonlinearities Improve Neural Network Acoustic Models"; as torch.nn.LeakyReLU.

const SLOPE = 0.01;

fn activate(z: f32) -> f32 {
  return activate4(vec4<f32>(z)).x;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return select(SLOPE * z, z, z > vec4<f32>(0.0));
}

fn activation_gradient(y: f32) -> f32 {
  return activation_gradient4(vec4<f32>(y)).x;
}

fn activation_gradient4(y: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(SLOPE), vec4<f32>(1.0), y > vec4<f32>(0.0));
}
