// The identity, for a layer's raw output: y = z, dy/dz = 1. The gradient is a function of the output y.

fn activate(z: f32) -> f32 {
  return z;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return z;
}

fn activation_gradient(y: f32) -> f32 {
  return 1.0;
}

fn activation_gradient4(y: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(1.0);
}
