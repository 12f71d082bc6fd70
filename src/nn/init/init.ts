import { z } from "zod";
import type { Dispatch } from "../../gpu/dispatch.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import type { Tensor } from "../tensors.ts";

/** Parameters of a start by name, such as its gain. */
export type InitParameters = Readonly<Record<string, number>>;

/** Where the tensor lies that a start fills. */
export interface InitPlace {
  readonly tensor: Tensor;
  /** Its number among the network's tensors, so that no two share their random numbers. */
  readonly index: number;
  readonly members: number;
  /** Floats from one member's part of the arena to the next. */
  readonly stride: number;
}

/** How the weights of dense layers start; buffers `params` [P, stride] and `seeds` [P]. */
export interface Init<P extends InitParameters = InitParameters> {
  /** Its name in a recipe: that of torch.nn.init where it has one. */
  readonly name: string;
  /** One line for lists: what sets it apart. */
  readonly summary: string;
  readonly formula: string;
  /** Who published it where. */
  readonly source: string;
  readonly parameters: z.ZodType<P>;
  /** The dispatches that fill a weight [out, in]. */
  fill(place: InitPlace, parameters: P): readonly Dispatch[];
  /** The bound of biases, which are uniform then; they start at 0 unless given. */
  biasBound?(inputs: number): number;
}

/** Ties a declaration's types together; the registry holds it without them. */
export function defineInit<P extends InitParameters>(init: Init<P>): Init {
  return init as unknown as Init;
}

/** What a standard deviation or bound is multiplied by. */
export const gain = (standard: number, description: string) =>
  z.strictObject({ gain: z.number().positive().default(standard).describe(description) });

/** PyTorch's fan-in and fan-out of a weight [out, in]. */
export const fans = ({ rows, columns }: Tensor) => ({ fanIn: columns, fanOut: rows });

/** Uniform in [-bound, bound). */
export function uniform(place: InitPlace, bound: number): Dispatch {
  return dispatch(place, "uniform", { tensor: place.index, bound }, true);
}

/** Normal of mean 0; truncated: none beyond two deviations. */
export function normal(place: InitPlace, std: number, truncated = false): Dispatch {
  return dispatch(place, "normal", { tensor: place.index, deviation: std }, true, { TRUNCATE: truncated });
}

/** One value throughout. */
export function constant(place: InitPlace, value: number): Dispatch {
  return dispatch(place, "constant", { value }, false);
}

function dispatch(
  { tensor, members, stride }: InitPlace,
  shader: string,
  shape: Readonly<Record<string, number>>,
  isRandom: boolean,
  constants: Readonly<Record<string, boolean>> = {},
): Dispatch {
  const { rows, columns, rowStride: row_stride, offset } = tensor;
  return {
    label: `${tensor.name} start`,
    kernel: defineKernel({
      shader: `nn/init/${shader}.wgsl`,
      uses: isRandom ? ["lib/random.wgsl"] : [],
      constants,
    }),
    buffers: { ...(isRandom && { seeds: "seeds" }), params: "params" },
    shape: { rows, columns, row_stride, offset, stride, ...shape },
    workgroups: [Math.min(1024, Math.ceil((rows * columns) / 64)), 1, members],
  };
}
