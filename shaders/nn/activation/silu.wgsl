// Sigmoid linear unit, also called swish: z through its own gate.
//   y = z s,  s = sigmoid(z) = 1 / (1 + exp(-z))
//   dy/dz = s (1 + z (1 - s))
// The gradient is a function of the input z.
// Source: Elfwing, Uchibe and Doya 2018, "Sigmoid-Weighted Linear Units for Neural Network Function Approximation"; as torch.nn.SiLU.

// exp(-z) overflows below -80, where the sigmoid is 0 to rounding.
fn sigmoid4(z: vec4<f32>) -> vec4<f32> {
  return 1.0 / (1.0 + exp(-max(z, vec4<f32>(-80.0))));
}

fn activate(z: f32) -> f32 {
  return activate4(vec4<f32>(z)).x;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return z * sigmoid4(z);
}

fn activation_gradient(z: f32) -> f32 {
  return activation_gradient4(vec4<f32>(z)).x;
}

fn activation_gradient4(z: vec4<f32>) -> vec4<f32> {
  let s = sigmoid4(z);
  return s * (1.0 + z * (1.0 - s));
}
