// What a member of a population has to itself in one step beside its optimizer's hyper-parameters: a row for each step and
// member, [K, P], step t at row t % K. The host computes it in f64.

struct MemberStep {
  noise: f32,   // standard deviation of what is added to gradients
  mix: f32,     // mixup's share of a sample itself; the rest is its partner's
  average: f32, // how far an average of the weights goes to the parameters; 0: not at all
}

@group(1) @binding(20) var<storage, read> member_steps: array<MemberStep>;

// By the count of steps and not by the slot, which a further gradient of the step has to itself.
fn member_step(member: u32) -> MemberStep {
  let rows = arrayLength(&member_steps) / step.members;
  return member_steps[step.count % rows * step.members + member];
}
