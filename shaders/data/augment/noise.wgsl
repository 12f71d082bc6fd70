// Four standard normal numbers of a sample (lib/normal.wgsl), which are added to its greys and clamped to their range, as
// torchvision.transforms.v2.GaussianNoise.

fn grey_noise(seed: u32, index: u32) -> vec4<f32> {
  return normal4(augment_bits(seed, KIND_NOISE, index));
}
