import { readShader } from "#platform";
import { mixupShare } from "../data/mixup.ts";
import type { BufferSpec } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { reflectStruct } from "../gpu/reflect.ts";
import { writeStruct } from "../gpu/uniforms.ts";
import { MEMBER_STEP_SHADER } from "../nn/member.ts";
import { gradientDeviation } from "../optim/adjustGradients.ts";
import type { Member } from "./members.ts";
import type { Plan } from "./plan.ts";

const layout = () => reflectStruct(readShader(MEMBER_STEP_SHADER), "MemberStep");

/** The table of what members have to themselves in a step, [K, P]. */
export function memberStepBuffer({ members, tableRows }: Pick<Plan, "members" | "tableRows">): BufferSpec {
  const P = members.length;
  const what = `what members have to themselves by step, [${tableRows}, P=${P}]`;
  return { bytes: tableRows * P * layout().size, usage: "storage", what };
}

/** A member's row of that table at a step, counted from 0. */
export function memberStep(
  { seed, gradient_noise, mixup }: Pick<Member, "seed" | "gradient_noise" | "mixup">,
  step: number,
) {
  return {
    noise: gradient_noise ? gradientDeviation(gradient_noise, step) : 0,
    mix: mixup ? mixupShare(mixup.alpha, seed, step) : 1,
  };
}

/** Sends the rows of steps `from` to `to` (exclusive) of all members; step t lies at row t % tableRows. */
export function sendMemberSteps({ device }: Gpu, buffer: GPUBuffer, plan: Plan, from: number, to: number): void {
  const { members, tableRows } = plan;
  const struct = layout();
  const rowBytes = members.length * struct.size;
  const bytes = new ArrayBuffer((to - from) * rowBytes);
  const view = new DataView(bytes);
  for (let t = from; t < to; t++) {
    members.forEach((member, m) => {
      writeStruct(view, (t - from) * rowBytes + m * struct.size, struct, memberStep(member, t));
    });
  }
  const row = from % tableRows;
  const untilEnd = Math.min(to - from, tableRows - row);
  device.queue.writeBuffer(buffer, row * rowBytes, bytes, 0, untilEnd * rowBytes);
  if (untilEnd < to - from) device.queue.writeBuffer(buffer, 0, bytes, untilEnd * rowBytes);
}
