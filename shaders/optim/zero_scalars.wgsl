// scalars.wgsl for sums that come before the scalars are known: they are 0.

var<private> scalars: vec4<f32>;

fn load_scalars(member: u32, tensor: u32, stride: u32) {}
