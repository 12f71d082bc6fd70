// Scaled exponential linear unit: its two constants keep mean 0 and variance 1 from layer to layer (with init lecun_normal).
//   y = s z where z > 0, else s a (exp(z) - 1),  s = 1.0507009873554805, a = 1.6732632423543772
//   dy/dz = s where y > 0, else y + s a
// The gradient is a function of the output y. exp is taken of negative values alone: it cannot overflow.
// Source: Klambauer et al. 2017, "Self-Normalizing Neural Networks"; as torch.nn.SELU.

const SCALE = 1.0507009873554805;
const SCALE_ALPHA = 1.7580993408473766; // s a

fn activate(z: f32) -> f32 {
  return activate4(vec4<f32>(z)).x;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return select(SCALE_ALPHA * (exp(min(z, vec4<f32>(0.0))) - 1.0), SCALE * z, z > vec4<f32>(0.0));
}

fn activation_gradient(y: f32) -> f32 {
  return activation_gradient4(vec4<f32>(y)).x;
}

fn activation_gradient4(y: vec4<f32>) -> vec4<f32> {
  return select(y + SCALE_ALPHA, vec4<f32>(SCALE), y > vec4<f32>(0.0));
}
