import { z } from "zod";
import type { Arena } from "../nn/tensors.ts";
import { lbfgsBuffers, lbfgsStages, SEARCH_FLOATS } from "./lbfgsStages.ts";
import { defineOptimizer, type ExtraTensor, type Optimizer } from "./optimizer.ts";
import { extraArena } from "./update.ts";

/** L-BFGS with a strong Wolfe line search, with PyTorch's defaults but for the history, which takes memory. */
export const lbfgs: Optimizer = defineOptimizer({
  name: "lbfgs",
  summary: "quasi-Newton steps with a line search, on the whole training set",
  findsOwnRate: true,
  needsLoss: true,
  hyper: z.strictObject({
    lr: z.number().positive().default(1).describe("first trial step along a direction; leave it"),
    tolerance_grad: z.number().min(0).default(1e-7).describe("parameters stay where no gradient exceeds it"),
    tolerance_change: z
      .number()
      .min(0)
      .default(1e-9)
      .describe("parameters stay once a step, its slope or its change of the loss is below it"),
    history_size: z.number().int().min(1).max(1000).default(10).describe("pairs kept, of two arrays each"),
  }),
  slots: () => [{ name: "x0", start: "params" }, { name: "d" }, { name: "prev_flat_grad" }, { name: "low_grad" }],
  extra: ({ history_size }, arena) => [
    { name: "search", shape: [SEARCH_FLOATS] },
    { name: "gram", shape: [2 * history_size, history_size] },
    ...pairs("old_stps", history_size, arena),
    ...pairs("old_dirs", history_size, arena),
  ],
  step: ({ lr, tolerance_grad, tolerance_change }) => ({ lr, tolerance_grad, tolerance_change }),
  stages: (hyper, site) => lbfgsStages(hyper.history_size, site, extraArena(lbfgs, hyper, site.arena)),
  buffers: ({ history_size }, site) => lbfgsBuffers(history_size, site),
  evaluation: { values: () => ({ spare: 0 }) },
});

/** Every tensor once for each pair, by PyTorch's name for all of them. */
const pairs = (name: string, count: number, { tensors }: Arena): ExtraTensor[] =>
  Array.from({ length: count }, (_, i) =>
    tensors.map((tensor) => ({ name: `${name}.${i}.${tensor.name}`, shape: tensor.shape })),
  ).flat();
