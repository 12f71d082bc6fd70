// Clipping by value: each gradient is kept between -clip_value and clip_value.
//   g <- min(max(g, -clip_value), clip_value)
// As torch.nn.utils.clip_grad_value_.

fn adjust(g: vec4<f32>, member: u32, place: TensorPlace, quad: u32, at: u32) -> vec4<f32> {
  let most = vec4<f32>(population[member].clip_value);
  return clamp(g, -most, most);
}
