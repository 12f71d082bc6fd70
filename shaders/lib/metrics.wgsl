// The table of metrics [K, P, tiles]: a row for each step, member and tile of the rows of a chunk, so that no two workgroups
// write one. The host adds the tiles up. The first chunk of a step starts afresh, the others add to it.

struct Metrics {
  loss: f32, // mean over the samples of the step
  hits: u32, // samples whose first largest logit is at their label
}

@group(1) @binding(8) var<storage, read_write> metrics: array<Metrics>;

// Adds the sum of losses and the hits of some rows.
fn add_metrics(at: u32, loss: f32, hits: u32) {
  let before = metrics[at];
  let is_new = step.first == 1u;
  metrics[at].loss = loss * step.inv_batch + select(before.loss, 0.0, is_new);
  metrics[at].hits = hits + select(before.hits, 0u, is_new);
}
