// Max-norm, after the optimizer's step: where the norm of a unit's incoming weights (a row of a weight matrix) exceeds
// max_norm, they shrink to it; else they keep their bits.
//   norm = sqrt(sum_i w_i^2),  w <- w max_norm / norm  where norm > max_norm
// params [P, stride], partials [P, rows, 2] from weight_norms.wgsl. Workgroups: x, y count segments, z = member.
// Source: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", section 5.1; as
// keras.constraints.MaxNorm.

struct Shape {
  quads: u32,    // stride / 4
  rows: u32,     // of all weight matrices
  segments: u32,
  tensors: u32,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> partials: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let segment = group.x + group.y * workgroups.x;
  let own = population[group.z];
  // A step of no samples compiles the kernel, and changes nothing.
  if (segment >= shape.segments || own.enabled == 0u || step.rows == 0u) {
    return;
  }
  let part = segment_at(segment, shape.tensors);
  let place = tensors[part.tensor];
  if (place.is_weight == 0u) {
    return;
  }
  let first = group.z * shape.rows + first_row_of(part.tensor);
  for (var quad = part.begin + thread; quad < part.end; quad += 64u) {
    let row = first + (quad - place.begin) / place.row_quads;
    let norm = sqrt(dot(partials[2u * row] + partials[2u * row + 1u], vec4<f32>(1.0)));
    if (norm > own.max_norm) {
      params[group.z * shape.quads + quad] *= own.max_norm / norm;
    }
  }
}
