// What changes from one chunk of a step to the next: a row of one uniform buffer, picked by a dynamic offset.
// A step is one batch; a batch too large for the activations is worked through in several chunks.

struct Step {
  members: u32,      // P, the size of the population
  slot: u32,         // this step's row in the tables of hyper-parameters [K, P] and metrics [K, P]
  first: u32,        // 1 in the first chunk of a step, where gradients and metrics start afresh; else 0: they accumulate
  rows: u32,         // samples in this chunk
  first_row: u32,    // where this chunk starts in each member's part of `order`
  order_stride: u32, // from one member's part of `order` to the next; 0 where all members share it
  count: u32,        // optimizer steps taken before this one, the key of all randomness within a step
  inv_batch: f32,    // 1 / samples in the whole step
}

@group(0) @binding(0) var<uniform> step: Step;
