// Gaussian error linear unit: z times the probability that a normal number lies below it.
//   y = z P(z),  P(z) = (1 + erf(z / sqrt(2))) / 2
//   dy/dz = P(z) + z exp(-z^2 / 2) / sqrt(2 pi)
// The gradient is a function of the input z. WGSL has no erf; the one here is off by 1.5e-7 at most, y by 1e-7 |z|.
// Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units (GELUs)"; as torch.nn.GELU.

const SQRT_HALF = 0.7071067811865476;
const INV_SQRT_2PI = 0.3989422804014327;

// erf(x), |error| <= 1.5e-7: Abramowitz and Stegun 1964, "Handbook of Mathematical Functions", 7.1.26.
fn erf4(x: vec4<f32>) -> vec4<f32> {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - series * exp(-min(x * x, vec4<f32>(80.0))));
}

fn activate(z: f32) -> f32 {
  return activate4(vec4<f32>(z)).x;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return 0.5 * z * (1.0 + erf4(SQRT_HALF * z));
}

fn activation_gradient(z: f32) -> f32 {
  return activation_gradient4(vec4<f32>(z)).x;
}

fn activation_gradient4(z: vec4<f32>) -> vec4<f32> {
  return 0.5 * (1.0 + erf4(SQRT_HALF * z)) + INV_SQRT_2PI * z * exp(-min(0.5 * z * z, vec4<f32>(80.0)));
}
