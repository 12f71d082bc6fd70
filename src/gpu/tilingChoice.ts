import { z } from "zod";
import type { MatrixKernel, MatrixSize, Tiling } from "./tiling.ts";

/** A matrix product of training, as a choice of kernels sees it. */
export interface Product extends MatrixSize {
  readonly op: "forward" | "backwardInput" | "backwardWeights";
}

/** Which family computes which product: plain data that a checkpoint keeps, so that a resumed run takes the same kernels. */
export type TilingChoice = z.output<typeof tilingChoiceSchema>;

export const tilingChoiceSchema = z.strictObject({
  version: z.literal(1),
  /** The family of all products that are not in `kernels`, of a fused tail and of the update's width. */
  base: z.string(),
  /** Whether the first layer gathers and normalises bytes in its loads. */
  fuses_gather: z.boolean(),
  /** The families of other products, by their classes. */
  kernels: z.record(z.string(), z.string()),
});

const OPS = { forward: "forward", backwardInput: "input gradient", backwardWeights: "weight gradient" } as const;

/** The class of a product: all that a choice of its kernel may depend on. `forward 784x128 rows 100 u8` */
export function classOf({ op, k, n, rows, input, accumulates }: Product): string {
  const adds = op === "backwardWeights" && accumulates ? " adding" : "";
  return `${OPS[op]} ${k}x${n} rows ${rows} ${input}${adds}`;
}

/** The family that a choice takes for a product. */
export function familyOf(choice: TilingChoice, product: Product): string {
  return choice.kernels[classOf(product)] ?? choice.base;
}

/** The choice that a tiling stands for: its own, or one family for all. */
export function choiceOf(tiling: Tiling): TilingChoice {
  return tiling.choice ?? { version: 1, base: tiling.name, fuses_gather: tiling.fusesGather, kernels: {} };
}

/** Names of families that a choice needs and that are not among those given. */
export function missingFamilies({ base, kernels }: TilingChoice, families: readonly Tiling[]): readonly string[] {
  const needed = new Set([base, ...Object.values(kernels)]);
  return [...needed].filter((name) => !families.some((family) => family.name === name));
}

/**
 * The tiling of a choice. Its name lists its families, the base first: `plain+workgroup-32x32`.
 * @throws Error where a family is not among those given
 */
export function composeTiling(choice: TilingChoice, families: readonly Tiling[]): Tiling {
  const [missing] = missingFamilies(choice, families);
  if (missing !== undefined) throw new Error(`this adapter has no kernels of the family "${missing}"`);
  const find = (name: string) => families.find((family) => family.name === name) as Tiling;
  const base = find(choice.base);
  const others = [...new Set(Object.values(choice.kernels))].filter((name) => name !== choice.base).sort();
  if (others.length === 0 && choice.fuses_gather === base.fusesGather) return base;
  const kernelOf =
    (op: Product["op"]) =>
    (size: MatrixSize): MatrixKernel =>
      find(familyOf(choice, { op, ...size }))[op](size);
  const gather = choice.fuses_gather ? ", gather in the load" : ", gather apart";
  return {
    name: [base.name, ...others].join("+") + (choice.fuses_gather === base.fusesGather ? "" : gather),
    fusesGather: choice.fuses_gather,
    fusesUpdate: base.fusesUpdate,
    updateQuads: base.updateQuads,
    choice,
    ...(base.tail && { tail: base.tail }),
    forward: kernelOf("forward"),
    backwardInput: kernelOf("backwardInput"),
    backwardWeights: kernelOf("backwardWeights"),
  };
}
