// GELU by a hyperbolic tangent, as many transformers have it; it differs from gelu by 5e-4 at most.
//   y = z (1 + tanh(u)) / 2,  u = sqrt(2 / pi) (z + 0.044715 z^3)
//   dy/dz = (1 + tanh(u)) / 2 + z (1 - tanh(u)^2) / 2 * sqrt(2 / pi) (1 + 0.134145 z^2)
// The gradient is a function of the input z. u is cut at 10, where its tanh is 1 in f32.
// Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units (GELUs)"; as torch.nn.GELU(approximate="tanh").

const SQRT_2_BY_PI = 0.7978845608028654;

fn tanh_of_cubic(z: vec4<f32>) -> vec4<f32> {
  let u = SQRT_2_BY_PI * (z + 0.044715 * z * z * z);
  return tanh(clamp(u, vec4<f32>(-10.0), vec4<f32>(10.0)));
}

fn activate(z: f32) -> f32 {
  return activate4(vec4<f32>(z)).x;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return 0.5 * z * (1.0 + tanh_of_cubic(z));
}

fn activation_gradient(z: f32) -> f32 {
  return activation_gradient4(vec4<f32>(z)).x;
}

fn activation_gradient4(z: vec4<f32>) -> vec4<f32> {
  let t = tanh_of_cubic(z);
  return 0.5 * (1.0 + t) + 0.5 * z * (1.0 - t * t) * SQRT_2_BY_PI * (1.0 + 0.134145 * z * z);
}
