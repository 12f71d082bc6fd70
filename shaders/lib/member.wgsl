// What a member of a population has to itself beside its optimizer's hyper-parameters: a row for each member, [P].

struct Member {
  enabled: u32, // 0: the member has stopped and stays as it is
  seed: u32,
  dropout: f32, // the share of values that dropout sets to 0
  label_smoothing: f32,
  gamma: f32, // of focal loss
  margin: f32, // of hinge loss
  clip_norm: f32, // the most that the norm of all gradients may be
  clip_value: f32, // the most that any gradient may be, on either side of 0
  l1: f32, // the L1 penalty of weights
  max_norm: f32, // the most that the norm of a unit's incoming weights may be
}

@group(1) @binding(9) var<storage, read> population: array<Member>;
