// order[m][first + i] = the sample at position p of epoch e, for i in 0..length:
//   p = (start + i) % epoch_length, e = epoch + (start + i) / epoch_length
// Shuffled, an epoch is a permutation of 0..count made of nothing but (seed, epoch): a Feistel network over 2^(2 half) >= count
// values, walked along its cycle until the value is below count (Black & Rogaway, "Ciphers with arbitrary finite domains",
// CT-RSA 2002; for shuffling on GPUs: Mitchell et al., ACM TOPC 9(1), 2022). Not shuffled, sample p stands at p.
// order [P, stride], seeds [P]; workgroup z = member. src/data/order.ts gives the same numbers.

struct Range {
  count: u32,        // N, the samples of the data set
  epoch_length: u32, // positions that an epoch uses: N, or fewer where it drops an incomplete last batch
  epoch: u32,        // epoch of the first position, from 0
  start: u32,        // its position in that epoch
  length: u32,       // positions to fill; they may run on into later epochs
  first: u32,        // where in a member's part of `order` they go
  stride: u32,       // u32s from one member's part to the next
  shuffled: u32,     // 1: the epoch's permutation; 0: the samples as they lie
}

@group(1) @binding(0) var<uniform> range: Range;
@group(1) @binding(1) var<storage, read> seeds: array<u32>;
@group(1) @binding(2) var<storage, read_write> order: array<u32>;

const ROUNDS = 8u;
const MIN_HALF = 4u; // a larger domain than small sets need, as Feistel permutations are all even and their orders would show it

fn shuffled_index(seed: u32, epoch: u32, position: u32, count: u32) -> u32 {
  if (position >= count) { return position; } // a cycle that never comes below count
  let half = max((33u - countLeadingZeros(count - 1u)) / 2u, MIN_HALF);
  let mask = (1u << half) - 1u;
  var index = position;
  loop {
    var left = index >> half;
    var right = index & mask;
    for (var round = 0u; round < ROUNDS; round++) {
      let mixed = random4(seed, PURPOSE_SHUFFLE, epoch, (round << 16u) | right).x >> (32u - half);
      let next = left ^ mixed;
      left = right;
      right = next;
    }
    index = (left << half) | right;
    if (index < count) { break; }
  }
  return index;
}

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let member = group.z;
  for (var i = id.x; i < range.length; i += groups.x * 64u) {
    let position = (range.start + i) % range.epoch_length;
    let epoch = range.epoch + (range.start + i) / range.epoch_length;
    let at = member * range.stride + range.first + i;
    if (range.shuffled == 1u) {
      order[at] = shuffled_index(seeds[member], epoch, position, range.count);
    } else {
      order[at] = position;
    }
  }
}
