import { z } from "zod";
import { defineOptimizer, weightDecay } from "./optimizer.ts";

/** Rprop, as torch.optim.Rprop: eta_minus and eta_plus are its `etas`, step_min and step_max its `step_sizes`. */
export const rprop = defineOptimizer({
  name: "rprop",
  summary: "a step size for each parameter, from the signs of its gradients; for full batches",
  hyper: z
    .strictObject({
      lr: z.number().positive().default(0.01).describe("step size that each parameter starts with"),
      eta_minus: z.number().positive().lt(1).default(0.5).describe("factor of the step size when the sign turns"),
      eta_plus: z.number().gt(1).default(1.2).describe("factor of the step size while the sign stays"),
      step_min: z.number().min(0).default(1e-6).describe("smallest step size"),
      step_max: z.number().positive().default(50).describe("largest step size"),
      weight_decay: weightDecay,
    })
    .refine(({ step_min, step_max }) => step_min <= step_max, {
      message: "step_min cannot be above step_max: no step size would be left",
      path: ["step_min"],
    }),
  slots: ({ lr }) => [{ name: "prev" }, { name: "step_size", fill: lr }],
  step: ({ eta_minus, eta_plus, step_min, step_max, weight_decay }) => ({
    eta_minus,
    eta_plus,
    step_min,
    step_max,
    weight_decay,
  }),
});
