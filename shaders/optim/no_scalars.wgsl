// scalars.wgsl for an optimizer that needs no more than the element.

fn load_scalars(member: u32, tensor: u32, stride: u32) {}
