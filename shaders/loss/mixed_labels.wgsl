// Mixup's labels: a row's target is `mix` its own label and for the rest that of the row it is mixed with (data/mix.wgsl).
// Same functions as one_label.wgsl.
// Source: Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization", figure 1.

fn mix_of(member: u32) -> f32 {
  return member_step(member).mix;
}

fn other_label_of(member: u32, row: u32) -> u32 {
  return label_of(member, step.rows - 1u - row);
}
