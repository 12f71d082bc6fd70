// One step of an optimizer that keeps no state: params[i] <- update(params[i], grads[i], hyper). Otherwise as update.wgsl.

struct Shape {
  quads: u32, // stride / 4
}

struct Row {
  enabled: u32, // 0: the member has stopped and stays as it is
  hyper: Hyper,
}

@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> hypers: array<Row>;
@group(1) @binding(2) var<storage, read> grads: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> params: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let member = group.z;
  let row = hypers[step.slot * step.members + member];
  if (row.enabled == 0u) {
    return;
  }
  for (var quad = id.x; quad < shape.quads; quad += workgroups.x * 64u) {
    let at = member * shape.quads + quad;
    let gradient = grads[at];
    var x = params[at];
    // @unroll
    for (var lane = 0u; lane < 4u; lane++) {
      x[lane] = update(x[lane], gradient[lane], row.hyper);
    }
    params[at] = x;
  }
}
