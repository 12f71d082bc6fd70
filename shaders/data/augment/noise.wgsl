// Four standard normal numbers by Box and Muller: r cos(a), r sin(a), r = sqrt(-2 log u), a uniform.
// Added to the greys and clamped to their range, as torchvision.transforms.v2.GaussianNoise.

fn normal4(seed: u32, index: u32) -> vec4<f32> {
  let bits = augment_bits(seed, KIND_NOISE, index);
  return vec4<f32>(normal2(bits.x, bits.y), normal2(bits.z, bits.w));
}

fn normal2(a: u32, b: u32) -> vec2<f32> {
  // 1 - u is never 0; log(1) may come out above 0.
  return sqrt(max(0.0, -2.0 * log(1.0 - uniform01(a)))) * cos_sin(360.0 * uniform01(b));
}
