// Operands spread over a subgroup: each lane loads one of SUBGROUP neighbouring vec4s, and in turn t = 0, 1, ... every lane
// gets the one that lane lane_at(lane, t) loaded. Here all lanes get the same; in lanes_quad.wgsl each another one.
// SUBGROUP must be the adapter's subgroup size and the workgroup's.

enable subgroups;

const SUBGROUP = 8u;

fn lane_at(lane: u32, turn: u32) -> u32 {
  return turn;
}

fn take_turn(mine: vec4<f32>, turn: u32) -> vec4<f32> {
  return subgroupShuffle(mine, turn);
}

fn take_turn_scalar(mine: f32, turn: u32) -> f32 {
  return subgroupShuffle(mine, turn);
}
