// Mish: smooth like silu, a little deeper below 0.
//   y = z t,  t = tanh(softplus(z)) = n / (n + 2),  n = e (e + 2),  e = exp(z)
//   dy/dz = t + z (1 - t^2) sigmoid(z)
// The gradient is a function of the input z. The rational form loses no digits; z is cut at 20 there, where t is 1 in f32.
// Source: Misra 2019, "Mish: A Self Regularized Non-Monotonic Activation Function"; as torch.nn.Mish.

fn tanh_softplus(z: vec4<f32>) -> vec4<f32> {
  let e = exp(min(z, vec4<f32>(20.0)));
  let n = e * (e + 2.0);
  return n / (n + 2.0);
}

fn activate(z: f32) -> f32 {
  return activate4(vec4<f32>(z)).x;
}

fn activate4(z: vec4<f32>) -> vec4<f32> {
  return z * tanh_softplus(z);
}

fn activation_gradient(z: f32) -> f32 {
  return activation_gradient4(vec4<f32>(z)).x;
}

fn activation_gradient4(z: vec4<f32>) -> vec4<f32> {
  let t = tanh_softplus(z);
  let s = 1.0 / (1.0 + exp(-max(z, vec4<f32>(-80.0))));
  return t + z * (1.0 - t * t) * s;
}
