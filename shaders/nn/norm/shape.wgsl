// The shape of a normalisation layer, shared by its kernels.
//
//   x, y, dy, dx  [P, capacity, ceil4(n)]   member stride `stride`
//   weight, bias  [ceil4(n)], each at its offset in a member's part of the arenas params and grads
//
// Rows are padded to a multiple of 4 floats; pads are 0. Strides and offsets count vec4s. Workgroups: z = member.

struct Shape {
  n: u32,
  n4: u32,            // ceil(n / 4)
  stride: u32,        // from one member's part of x and y to the next
  weight: u32,        // offset of the weight
  bias: u32,          // offset of the bias
  params_stride: u32, // from member to member in params and grads
  running_mean: u32,  // batch norm alone: offset of the running mean, and of the running variance
  running_var: u32,
  running_stride: u32,
  capacity: u32,      // rows of a member's part of x
  eps: f32,
  momentum: f32,
}

@group(1) @binding(7) var<uniform> shape: Shape;
