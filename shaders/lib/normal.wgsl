// Standard normal numbers from random words by Box and Muller: r cos(a), r sin(a), r = sqrt(-2 log u), a uniform.
// Source: Box and Muller 1958, "A Note on the Generation of Random Normal Deviates". src/data/normal.ts gives the same in f64.

// Cosine and sine by their series on [-pi/4, pi/4], exact at multiples of 90: WGSL's own may be off by 2^-11.
fn cos_sin(degrees: f32) -> vec2<f32> {
  let quarter = round(degrees / 90.0);
  let r = (degrees - 90.0 * quarter) * 0.017453292519943295;
  let q = r * r;
  let c = 1.0 - q / 2.0 * (1.0 - q / 12.0 * (1.0 - q / 30.0 * (1.0 - q / 56.0 * (1.0 - q / 90.0))));
  let s = r * (1.0 - q / 6.0 * (1.0 - q / 20.0 * (1.0 - q / 42.0 * (1.0 - q / 72.0))));
  let swapped = select(vec2<f32>(c, s), vec2<f32>(-s, c), (i32(quarter) & 1) == 1);
  return select(swapped, -swapped, (i32(quarter) & 2) == 2);
}

fn normal2(a: u32, b: u32) -> vec2<f32> {
  // 1 - u is never 0; log(1) may come out above 0.
  return sqrt(max(0.0, -2.0 * log(1.0 - uniform01(a)))) * cos_sin(360.0 * uniform01(b));
}

fn normal4(bits: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(normal2(bits.x, bits.y), normal2(bits.z, bits.w));
}
