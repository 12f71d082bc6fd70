import { z } from "zod";
import { type Clock, cycledMomentum, decay, defineSchedule, length, lineBetween, timing } from "./schedule.ts";

const SOURCE = "Smith 2017, Cyclical Learning Rates for Training Neural Networks, https://arxiv.org/abs/1506.01186";

interface Cycles {
  readonly step_size_up: number;
  readonly step_size_down?: number | undefined;
  readonly mode: "triangular" | "triangular2" | "exp_range";
  readonly gamma: number;
}

/** As torch.optim.lr_scheduler.CyclicLR; without `base_lr` it starts at a quarter of `max_lr`, as the paper advises. */
export const cyclic = defineSchedule({
  name: "cyclic",
  summary: "up and down between two values, in triangles",
  formula:
    "base_lr + (max_lr - base_lr) height(t) scale(t): height rises to 1 in step_size_up and falls in step_size_down",
  source: SOURCE,
  parameters: z.strictObject({
    max_lr: z.number().positive().optional().describe("largest value; without it the scalar's own"),
    base_lr: z.number().min(0).optional().describe("least value; without it max_lr / 4"),
    step_size_up: length("time of a rise").default(2000),
    step_size_down: length("time of a fall; without it step_size_up").optional(),
    mode: z
      .enum(["triangular", "triangular2", "exp_range"])
      .default("triangular")
      .describe("scale: 1; 1/2^cycle, cycles counted from 0; gamma^t"),
    gamma: decay("factor of exp_range").default(1),
    ...cycledMomentum(0.8, 0.9),
    ...timing,
  }),
  range: (parameters, base) => {
    const [low, high] = bounds(parameters, base);
    return [Math.min(low, high), Math.max(low, high)];
  },
  value: (parameters, base, clock) => lineBetween(...bounds(parameters, base), heightAt(parameters, clock)),
  momentum: (parameters, clock) =>
    parameters.cycle_momentum
      ? lineBetween(parameters.max_momentum, parameters.base_momentum, heightAt(parameters, clock))
      : undefined,
});

function bounds(
  { max_lr, base_lr }: { readonly max_lr?: number | undefined; readonly base_lr?: number | undefined },
  base: number,
): [low: number, high: number] {
  const high = max_lr ?? base;
  return [base_lr ?? high / 4, high];
}

/** The triangle's height, scaled: 0..1 */
function heightAt({ step_size_up, step_size_down = step_size_up, mode, gamma }: Cycles, { t }: Clock): number {
  const total = step_size_up + step_size_down;
  const since = t % total;
  const height = since <= step_size_up ? since / step_size_up : (total - since) / step_size_down;
  const scale = { triangular: 1, triangular2: 0.5 ** Math.floor(t / total), exp_range: gamma ** t };
  return height * scale[mode];
}
