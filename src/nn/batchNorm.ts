import type { Dispatch } from "../gpu/dispatch.ts";
import { activationShader, type DenseContext, keepGradient } from "./dense.ts";
import { MEMBER_BUFFER, MEMBER_SHADER } from "./member.ts";
import { type NormLayer, normDispatch } from "./norm.ts";

/** The plan's buffers of a normalisation layer. */
export interface NormBuffers {
  readonly x: string;
  readonly y: string;
  /** Gradients of y before its activation, and of x. */
  readonly dy: string;
  readonly dx: string;
  /** Batch norm: mean and 1 / deviation of each column, f32 [P, 2, ceil4(width)]; layer norm: of each row, [P, capacity, 2]. */
  readonly stats: string;
}

/** What a training pass does to the running statistics: the values of RUNNING in nn/norm/batch_forward.wgsl. */
export const RUNNING = { moves: 0, isMean: 1, stays: 2 } as const;

/**
 * Batch norm with its activation. In training by the statistics of the batch, which move the running ones (buffer `running`);
 * in evaluation by those. The dispatch's rows must be the whole batch, at least two.
 */
export function batchNormForward(
  layer: NormLayer,
  { x, y, stats }: NormBuffers,
  context: DenseContext,
  trains: boolean,
  running: keyof typeof RUNNING = "moves",
): Dispatch {
  const uses = [activationShader(layer.activation)];
  const buffers = { x, params: "params", y, running: "running" };
  if (!trains) return normDispatch(layer, "forward", { shader: "batch_evaluate", uses }, buffers, context, "elements");
  return normDispatch(
    layer,
    "forward",
    {
      shader: "batch_forward",
      uses: [MEMBER_SHADER, ...uses],
      ...(running !== "moves" && { constants: { RUNNING: RUNNING[running] } }),
    },
    { ...buffers, stats, [MEMBER_BUFFER]: MEMBER_BUFFER },
    context,
    "columns",
  );
}

/** The gradients of batch norm's input, weight and bias. */
export function batchNormBackward(
  layer: NormLayer,
  { x, dy, dx, stats }: NormBuffers,
  context: DenseContext,
): readonly Dispatch[] {
  const { uses, constants, buffers } = keepGradient(context);
  const names = { x, params: "params", dy, stats, dx, ...buffers };
  return [normDispatch(layer, "backward", { shader: "batch_backward", uses, constants }, names, context, "columns")];
}
