// Targets that are values: targets f32 [samples, ceil4(outputs)], pads 0; order [P, order_stride] with the sample of each row.
// Same functions as classes.wgsl.

@group(1) @binding(2) var<storage, read> targets: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> order: array<u32>;

fn target4(member: u32, row: u32, c4: u32) -> vec4<f32> {
  let sample = order[member * step.order_stride + step.first_row + row];
  return targets[sample * shape.outputs4 + c4];
}

// A value is neither right nor wrong.
fn is_hit(member: u32, row: u32, start: u32) -> bool {
  return false;
}
