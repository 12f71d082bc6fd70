import { z } from "zod";
import type { Loss } from "./loss.ts";

const none = z.strictObject({});

/** Every loss, the default first. WGSL in the file that each names. */
export const losses: readonly Loss[] = [
  {
    name: "cross_entropy",
    summary: "classes by their probabilities; the standard for classification",
    label: "softmax cross-entropy",
    shader: "loss/softmax_cross_entropy.wgsl",
    parameters: none,
    targets: ["classes"],
    softens: true,
  },
  {
    name: "mse",
    summary: "values, the standard for regression; of classes, one-hot vectors",
    shader: "loss/mse.wgsl",
    parameters: none,
    targets: ["classes", "values"],
  },
  {
    name: "hinge",
    summary: "classes by scores that need lie no further apart than a margin",
    shader: "loss/hinge.wgsl",
    parameters: z.strictObject({
      margin: z.number().positive().default(1).describe("how far below the label's score the others shall lie"),
    }),
    targets: ["classes"],
  },
  {
    name: "focal",
    summary: "cross-entropy that attends to samples which are hard to tell",
    shader: "loss/focal.wgsl",
    parameters: z.strictObject({
      gamma: z.number().min(0).max(100).default(2).describe("how much less sure samples weigh; 0 is cross-entropy"),
    }),
    targets: ["classes"],
  },
];

/** A loss by its name. */
export function findLoss(name: string): Loss | undefined {
  return losses.find((loss) => loss.name === name);
}
