// A row has a label of its own alone. Same functions as mixed_labels.wgsl.

fn mix_of(member: u32) -> f32 {
  return 1.0;
}

fn other_label_of(member: u32, row: u32) -> u32 {
  return 0u;
}
