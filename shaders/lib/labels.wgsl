// The label of a batch row: labels u8 by sample, four to a word; order [P, order_stride] with the sample of each row.

@group(1) @binding(2) var<storage, read> labels: array<u32>;
@group(1) @binding(3) var<storage, read> order: array<u32>;

fn label_of(member: u32, row: u32) -> u32 {
  let sample = order[member * step.order_stride + step.first_row + row];
  return (labels[sample / 4u] >> (8u * (sample % 4u))) & 0xffu;
}
