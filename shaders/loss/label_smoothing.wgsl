// The share of the target that all classes divide among them, from the member's own settings (lib/member.wgsl).
// Source: Szegedy et al. 2016, "Rethinking the Inception Architecture"; as torch.nn.CrossEntropyLoss.

fn smoothing_of(member: u32) -> f32 {
  return population[member].label_smoothing;
}
