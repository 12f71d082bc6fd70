// The shape of a dense layer y = activate(x w^T + bias), shared by its three kernels.
//
//   x, dx  [P, capacity, ceil4(k)]    member stride x_stride     (capacity >= step.rows)
//   y, dy  [P, capacity, ceil4(n)]    member stride y_stride
//   w      [n, ceil4(k)], bias [ceil4(n)], each at its offset in a member's part of the arenas params and grads
//
// Rows are padded to a multiple of 4 floats; pads are 0. Strides and offsets count vec4s. Workgroups: z = member.

struct Shape {
  k: u32,             // inputs
  k4: u32,            // ceil(k / 4)
  n: u32,             // outputs
  n4: u32,            // ceil(n / 4)
  weight: u32,        // offset of w
  bias: u32,          // offset of the bias
  params_stride: u32, // from member to member in params and grads
  x_stride: u32,
  y_stride: u32,
  scale: f32,         // input_u8 alone: pixel * scale + shift
  shift: f32,
}

@group(1) @binding(7) var<uniform> shape: Shape;
