// Targets that are classes: one-hot, from a sample's label (lib/labels.wgsl). Same functions as values.wgsl, and `winner_of`.

fn target4(member: u32, row: u32, c4: u32) -> vec4<f32> {
  return select(vec4<f32>(0.0), vec4<f32>(1.0), columns_of(c4) == vec4<u32>(label_of(member, row)));
}

// The first of the largest outputs.
fn winner_of(start: u32) -> u32 {
  var largest = z[start].x;
  var winner = 0u;
  for (var c = 1u; c < shape.outputs; c++) {
    let value = z_at(start, c);
    if (value > largest) {
      largest = value;
      winner = c;
    }
  }
  return winner;
}

fn is_hit(member: u32, row: u32, start: u32) -> bool {
  return winner_of(start) == label_of(member, row);
}
