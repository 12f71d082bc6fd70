// Work by tensor: a workgroup takes a segment, at most SEGMENT adjacent quads (groups of four floats) of one tensor. How the
// arena is cut depends on the network's shapes alone.

const SEGMENT = 1024u;

struct TensorPlace {
  first_segment: u32,
  begin: u32,         // first quad in a member's part of the arena, and how many
  quads: u32,
  group: u32,         // which row of hyper-parameters it takes
  rows: u32,          // as a matrix; a vector is one row
  row_quads: u32,
  columns: u32,
  is_weight: u32,     // 0: a bias, or a norm's parameters
}

@group(1) @binding(13) var<storage, read> tensors: array<TensorPlace>;

// The tensor that a segment belongs to.
fn tensor_of(segment: u32, count: u32) -> u32 {
  var tensor = 0u;
  while (tensor + 1u < count && tensors[tensor + 1u].first_segment <= segment) {
    tensor++;
  }
  return tensor;
}

// The quads of a segment, in a member's part of the arena, and the tensor that they are of.
struct Segment {
  tensor: u32,
  group: u32,
  begin: u32,
  end: u32,
}

fn segment_at(index: u32, tensor_count: u32) -> Segment {
  let tensor = tensor_of(index, tensor_count);
  let place = tensors[tensor];
  let first = (index - place.first_segment) * SEGMENT;
  return Segment(tensor, place.group, place.begin + first, place.begin + min(first + SEGMENT, place.quads));
}
