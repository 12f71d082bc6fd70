import type { z } from "zod";
import type { Dispatch } from "../../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../../gpu/kernel.ts";
import { MEMBER_BUFFER, MEMBER_SHADER, MEMBER_STEP_BUFFER, MEMBER_STEP_SHADER } from "../member.ts";

/** Bytes of one entry of the metrics table: loss (f32) and hits (u32). */
export const METRICS_BYTES = 8;

/** What a sample is to be told as: one of several classes, or a value for each output. */
export type Targets = "classes" | "values";

/** A loss: the declaration beside its WGSL file, which holds its mathematics. */
export interface Loss {
  /** Its name in a recipe. */
  readonly name: string;
  /** One line for lists: what sets it apart. */
  readonly summary: string;
  /** What its dispatch is called; its name unless given. */
  readonly label?: string;
  /** The file under shaders/, whose header gives formula and source. */
  readonly shader: string;
  /** Its parameters in a recipe; members may differ in them. Each has a field of its name in lib/member.wgsl. */
  readonly parameters: z.ZodType<Readonly<Record<string, number>>>;
  /** What it can be taken of. */
  readonly targets: readonly Targets[];
  /** Whether labels can be smoothed and shared in pairs: then its file takes them through loss/label_smoothing.wgsl and such. */
  readonly softens?: boolean;
}

/** What a loss's dispatch is made for. */
export interface LossSize {
  /** Classes, or values of a sample. */
  readonly outputs: number;
  readonly targets: Targets;
  /** Rows of a member's part of z and dz. */
  readonly capacity: number;
  readonly members: number;
  /** Entries of the metrics table for each step and member; 1 unless given. */
  readonly tiles?: number;
  /** Whether labels are smoothed, each member's by its own share, where the loss can. */
  readonly smooths?: boolean;
  /** Whether rows share their labels in pairs, as `mixDispatch` mixes them, where the loss can. */
  readonly mixes?: boolean;
}

/**
 * The loss of outputs z [P, capacity, ceil4(outputs)], its gradient dz of the same shape, and the step's metrics.
 * @param names the plan's buffers; `labels` holds u8 classes, or values f32 [samples, ceil4(outputs)]
 */
export function lossDispatch(
  { name, label = `${name} loss`, shader, parameters, softens = false }: Loss,
  names: { readonly z: string; readonly dz: string; readonly labels: string; readonly order: string },
  { outputs, targets, capacity, members, tiles = 1, smooths = false, mixes = false }: LossSize,
): Dispatch {
  const { labels, ...others } = names;
  const [smooth, mix] = [softens && smooths, softens && mixes];
  const isOfMember = smooth || Object.keys(parameters.parse({})).length > 0;
  const outputs4 = Math.ceil(outputs / 4);
  return {
    label,
    kernel: defineKernel({
      shader: "loss/loss.wgsl",
      uses: [
        STEP_SHADER,
        "lib/metrics.wgsl",
        ...(targets === "classes" ? ["lib/labels.wgsl", "loss/classes.wgsl"] : ["loss/values.wgsl"]),
        ...(isOfMember ? [MEMBER_SHADER] : []),
        ...(mix ? [MEMBER_STEP_SHADER] : []),
        ...(softens ? [smooth ? "loss/label_smoothing.wgsl" : "loss/hard_labels.wgsl"] : []),
        ...(softens ? [mix ? "loss/mixed_labels.wgsl" : "loss/one_label.wgsl"] : []),
        shader,
      ],
      constants: softens ? { SMOOTH: smooth, MIX: mix } : {},
    }),
    buffers: {
      ...others,
      [targets === "classes" ? "labels" : "targets"]: labels,
      metrics: "metrics",
      ...(isOfMember && { [MEMBER_BUFFER]: MEMBER_BUFFER }),
      ...(mix && { [MEMBER_STEP_BUFFER]: MEMBER_STEP_BUFFER }),
    },
    shape: { outputs, outputs4, z_stride: capacity * outputs4, tiles },
    workgroups: [1, 1, members],
  };
}
