import { z } from "zod";
import { type Dispatch, loopGroups } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { emaField, swaField } from "./averaging.ts";
import { clipNorm } from "./clipNorm.ts";
import type { Hyper, Optimizer, Site } from "./optimizer.ts";
import { rowFiles } from "./update.ts";

// What goes around any optimizer.

/** Lookahead, with the paper's numbers for images. */
export const lookaheadField = z.strictObject({
  k: z.number().int().min(1).default(5).describe("steps from one meeting of slow and fast weights to the next"),
  alpha: z.number().positive().max(1).default(0.5).describe("how far the slow weights go to the fast ones"),
});

/** Sharpness-aware minimisation, with the paper's radius. */
export const samField = z.strictObject({
  rho: z.number().positive().default(0.05).describe("how far away the gradient is taken, over all parameters"),
});

/** Where decay acts: on everything, as PyTorch's does, or on weights alone, not on biases and norms' parameters. */
export const decayField = z.enum(["all", "weights"]);

const elementwise = ({ arena, members, quadsPerThread }: Site) => {
  const quads = arena.stride / 4;
  return { quads, workgroups: loopGroups(quads, members, quadsPerThread) };
};

/** The slow weights (`slow` [P, stride]) take their step, and the parameters start from them again. */
function lookahead(optimizer: Optimizer, hyper: Hyper, site: Site, alpha: number): Dispatch {
  const { quads, workgroups } = elementwise(site);
  const { uses, constants } = rowFiles(optimizer, hyper, site);
  return {
    label: "lookahead",
    kernel: defineKernel({ shader: "optim/lookahead.wgsl", uses: [STEP_SHADER, ...uses], constants }),
    buffers: { hypers: "hypers", params: "params", slow: "slow" },
    shape: { quads, alpha },
    workgroups,
    bytes: 16 * site.arena.stride,
  };
}

/**
 * The parameters go to the worst point nearby; what they were is in `held` [P, stride].
 * @param norm what leaves the sums of squared gradients in the buffer `norm_partials`
 */
function samClimb(site: Site, rho: number, norm: Dispatch): Dispatch[] {
  const { quads, workgroups } = elementwise(site);
  return [
    norm,
    {
      label: "sam climb",
      kernel: defineKernel({ shader: "optim/sam_climb.wgsl", uses: [STEP_SHADER] }),
      buffers: { grads: "grads", partials: "norm_partials", params: "params", held: "held" },
      shape: { quads, rho },
      workgroups,
      bytes: 16 * site.arena.stride,
    },
  ];
}

/** The parameters are what they were before `samClimb`. */
function samReturn(site: Site): Dispatch {
  const { quads, workgroups } = elementwise(site);
  return {
    label: "sam return",
    kernel: defineKernel({ shader: "optim/sam_return.wgsl", uses: [STEP_SHADER] }),
    buffers: { params: "params", held: "held" },
    shape: { quads },
    workgroups,
    bytes: 8 * site.arena.stride,
  };
}

/** What a recipe may put around its optimizer. */
export interface Wrappers {
  readonly lookahead?: z.output<typeof lookaheadField> | undefined;
  readonly sam?: z.output<typeof samField> | undefined;
}

/** The stages and the state that it takes. */
export function wrap({ lookahead: slow, sam }: Wrappers, optimizer: Optimizer, hyper: Hyper, site: Site) {
  const [norm] = clipNorm(site.arena.stride, site.members) as [Dispatch];
  return {
    gradients: sam ? 2 : 1,
    /** Between two gradients of a step, and before the update. */
    between: sam ? samClimb(site, sam.rho, norm) : [],
    before: sam ? [samReturn(site)] : [],
    /** Every few steps, behind the update. */
    syncEvery: slow?.k ?? 0,
    sync: slow ? [lookahead(optimizer, hyper, site, slow.alpha)] : [],
    /** Slots in a buffer of their own, that of their name. */
    slots: slow ? [{ name: "slow", start: "params" } as const] : [],
    /** The buffer whose weights are evaluated. */
    evaluated: slow ? "slow" : "params",
  };
}

/** What goes around any optimizer, in words: its file under shaders/ has formula and source in the header. */
export const wrappers: readonly { name: string; summary: string; shader: string; settings: z.ZodType }[] = [
  {
    name: "lookahead",
    summary: "slow weights that follow the optimizer's every few steps, and are evaluated",
    shader: "optim/lookahead.wgsl",
    settings: lookaheadField,
  },
  {
    name: "sam",
    summary: "the gradient of the worst point nearby, towards flat minima: two gradients a step",
    shader: "optim/sam_climb.wgsl",
    settings: samField,
  },
  {
    name: "ema",
    summary: "a moving average of the weights after each step, which is evaluated",
    shader: "optim/average.wgsl",
    settings: emaField,
  },
  {
    name: "swa",
    summary: "the mean of the weights at points late in the run, which is evaluated",
    shader: "optim/average.wgsl",
    settings: swaField,
  },
];
