// What a member of a population has to itself beside its optimizer's hyper-parameters: a row for each member, [P].

struct Member {
  enabled: u32, // 0: the member has stopped and stays as it is
  seed: u32,
  dropout: f32, // the share of values that dropout sets to 0
  label_smoothing: f32,
  clip_norm: f32, // the most that the norm of all gradients may be
}

@group(1) @binding(9) var<storage, read> population: array<Member>;
