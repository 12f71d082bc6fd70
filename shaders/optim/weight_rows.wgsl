// The rows of all weight matrices, counted in the arena's order: a unit's incoming weights each. With segments.wgsl.

struct WeightRow {
  begin: u32, // first quad in a member's part of the arena
  end: u32,
}

fn row_at(index: u32, tensor_count: u32) -> WeightRow {
  var tensor = 0u;
  var row = index;
  while (tensor + 1u < tensor_count && row >= tensors[tensor].is_weight * tensors[tensor].rows) {
    row -= tensors[tensor].is_weight * tensors[tensor].rows;
    tensor++;
  }
  let place = tensors[tensor];
  let begin = place.begin + row * place.row_quads;
  return WeightRow(begin, begin + place.row_quads);
}

// The first of a tensor's rows.
fn first_row_of(tensor: u32) -> u32 {
  var first = 0u;
  for (var i = 0u; i < tensor; i++) {
    first += tensors[i].is_weight * tensors[i].rows;
  }
  return first;
}
