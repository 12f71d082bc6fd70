// The rows of hyper-parameters: hypers [K, P, GROUPS], one for each step, member and group of tensors. The optimizer's own
// file, joined to this one, declares `struct Hyper`.

const GROUPS = 1u;

struct Row {
  enabled: u32, // 0: the member has stopped and stays as it is
  hyper: Hyper,
}

@group(1) @binding(10) var<storage, read> hypers: array<Row>;

fn row_in(member: u32, group: u32) -> Row {
  return hypers[(step.slot * step.members + member) * GROUPS + group];
}

fn row_of(member: u32) -> Row {
  return row_in(member, 0u);
}
