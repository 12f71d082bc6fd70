// The loss of the step: the entries of the metrics table [K, P, tiles] (lib/metrics.wgsl), added up in order.

struct Metrics {
  loss: f32,
  hits: u32,
}

@group(1) @binding(8) var<storage, read> metrics: array<Metrics>;

fn loss_of(member: u32, tiles: u32) -> f32 {
  let at = (step.slot * step.members + member) * tiles;
  var loss = 0.0;
  for (var tile = 0u; tile < tiles; tile++) {
    loss += metrics[at + tile].loss;
  }
  return loss;
}
