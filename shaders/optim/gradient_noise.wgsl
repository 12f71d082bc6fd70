// Noise on gradients that dies down: of all parameters, each element's and step's own number.
//   g <- g + sigma_t n,  sigma_t^2 = eta / (1 + t)^gamma,  n standard normal, t the step from 0
// sigma_t is the member's own (lib/member_step.wgsl). The numbers are keyed on seed, step and the quad's place in a member's
// part of the arena. Pads stay 0.
// Source: Neelakantan et al. 2015, "Adding Gradient Noise Improves Learning for Very Deep Networks", equation 1.

fn adjust(g: vec4<f32>, member: u32, place: TensorPlace, quad: u32, at: u32) -> vec4<f32> {
  let n = normal4(random4(population[member].seed, PURPOSE_NOISE, step.count, quad));
  let column = 4u * ((quad - place.begin) % place.row_quads) + vec4<u32>(0u, 1u, 2u, 3u);
  return g + select(vec4<f32>(0.0), member_step(member).noise * n, column < vec4<u32>(place.columns));
}
