// Exponential linear unit: negative values level off at -1, which brings the mean of outputs nearer to 0.
//   y = z where z > 0, else exp(z) - 1
//   dy/dz = 1 where y > 0, else y + 1
// The gradient is a function of the output y. exp is taken of negative values alone: it cannot overflow.
// Source: Clevert, Unterthiner and Hochreiter 2016, "Fast and Accurate Deep Network Learning by Exponential Linear Units
// (ELUs)"; as torch.nn.ELU.

fn activate(z: f32) -> f32 {
  return activate4(vec4<f32>(z)).x;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return select(exp(min(z, vec4<f32>(0.0))) - 1.0, z, z > vec4<f32>(0.0));
}

fn activation_gradient(y: f32) -> f32 {
  return activation_gradient4(vec4<f32>(y)).x;
}

fn activation_gradient4(y: vec4<f32>) -> vec4<f32> {
  return select(y + 1.0, vec4<f32>(1.0), y > vec4<f32>(0.0));
}
