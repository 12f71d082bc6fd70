// Four numbers that hold for a whole tensor, or for all of a member's parameters: what an optimizer's `update` and `terms`
// read as `scalars`. Table [P, stride] of vec4s, where a tensor's lie `tensor * PER_TENSOR` in.

const PER_TENSOR = 1u; // 0: the same for all of a member's tensors

@group(1) @binding(14) var<storage, read> scalar_table: array<vec4<f32>>;

var<private> scalars: vec4<f32>;

fn load_scalars(member: u32, tensor: u32, stride: u32) {
  scalars = scalar_table[member * stride + tensor * PER_TENSOR];
}
