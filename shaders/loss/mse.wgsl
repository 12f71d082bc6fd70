// Mean squared error, also over the outputs. Targets are values, or classes as one-hot vectors.
//   loss[b] = sum_c (z[b][c] - t[b][c])^2 / outputs
//   dloss/dz[b][c] = 2 (z[b][c] - t[b][c]) / outputs
// Pads of z and t are 0, and so add nothing.
// Source: Legendre 1805, least squares; as torch.nn.MSELoss.

struct Row {
  loss: f32,
  is_hit: bool,
}

fn row_of(member: u32, row: u32, start: u32) -> Row {
  var squares = 0.0;
  for (var c4 = 0u; c4 < shape.outputs4; c4++) {
    let error = z[start + c4] - target4(member, row, c4);
    squares += dot(error, error);
  }
  return Row(squares / f32(shape.outputs), is_hit(member, row, start));
}

fn gradient4(own: Row, member: u32, row: u32, start: u32, c4: u32) -> vec4<f32> {
  return (z[start + c4] - target4(member, row, c4)) * (2.0 / f32(shape.outputs));
}
