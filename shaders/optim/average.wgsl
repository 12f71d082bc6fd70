// The average of the parameters over a run's steps, around any optimizer:
//   average <- average + rate (x - average)
// The host computes each step's rate in f64, and runs this only where one is above 0: 1 - decay of an exponential moving
// average, 1 / n at the nth point of a stochastic weight average. A rate of 1 takes the parameters as they are.
// params, average [P, stride]; a member's rate in the step: lib/member_step.wgsl. Workgroup z = member.
// Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging"; Izmailov et al. 2018, "Averaging
// Weights Leads to Wider Optima and Better Generalization", algorithm 1.

struct Shape {
  quads: u32, // stride / 4
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> average: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let rate = member_step(group.z).average;
  if (rate == 0.0) {
    return;
  }
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    let at = group.z * shape.quads + quad;
    let before = average[at];
    // Across a difference of both, a rate of 1 would lose their last digits.
    average[at] = select(before + rate * (params[at] - before), params[at], rate == 1.0);
  }
}
