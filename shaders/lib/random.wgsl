// Random numbers without state: 128 bits that depend on nothing but (seed, purpose, step, index).
// Hash pcg4d: Jarzynski & Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020, listing 4.
// src/data/random.ts gives the same integers; a test compares the two.

// What a number is for: the low 8 bits of `purpose`. The bits above tell layers or tensors of one purpose apart.
const PURPOSE_INIT = 1u;
const PURPOSE_SHUFFLE = 2u;
const PURPOSE_DROPOUT = 3u;
const PURPOSE_AUGMENT = 4u;
const PURPOSE_NOISE = 5u; // of gradients
const PURPOSE_MIXUP = 6u; // drawn on the host

fn pcg4d(key: vec4<u32>) -> vec4<u32> {
  var v = key * 1664525u + 1013904223u;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  v ^= v >> vec4<u32>(16u);
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  return v;
}

fn random4(seed: u32, purpose: u32, step: u32, index: u32) -> vec4<u32> {
  return pcg4d(vec4<u32>(seed, purpose, step, index));
}

// Uniform in [0, 1): the upper 24 bits, each value exact in f32.
fn uniform01(bits: u32) -> f32 {
  return f32(bits >> 8u) * 5.9604644775390625e-8; // 2^-24
}
