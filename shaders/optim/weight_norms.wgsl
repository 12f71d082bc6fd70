// The first half of max_norm.wgsl: sums of the squares of each unit's incoming weights, in a fixed order.
//   partials[row, lane] = sum of w^2 over every LANES-th quad of the row
// Rows are those of all weight matrices, in the arena's order. params [P, stride], partials [P, rows, LANES]. (No workgroup
// adds them up: on a CPU adapter its barriers would take longer than the sums.) Workgroup z = member.

const LANES = 8u;

struct Shape {
  quads: u32,   // stride / 4
  rows: u32,
  tensors: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  for (var i = id.x; i < shape.rows * LANES; i += workgroups.x * 64u) {
    let row = row_at(i / LANES, shape.tensors);
    var squares = vec4<f32>(0.0);
    for (var quad = row.begin + i % LANES; quad < row.end; quad += LANES) {
      let w = params[group.z * shape.quads + quad];
      squares += w * w;
    }
    partials[group.z * shape.rows * LANES + i] = dot(squares, vec4<f32>(1.0));
  }
}
