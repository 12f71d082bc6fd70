import { readShader } from "#platform";
import { mixupShare } from "../data/mixup.ts";
import type { BufferSpec } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { reflectStruct } from "../gpu/reflect.ts";
import { writeStruct } from "../gpu/uniforms.ts";
import { MEMBER_STEP_SHADER } from "../nn/member.ts";
import { gradientDeviation } from "../optim/adjustGradients.ts";
import { averageRate } from "../optim/averaging.ts";
import type { Member } from "./members.ts";
import type { Plan } from "./plan.ts";
import { sendStepRows } from "./sendStepRows.ts";

const layout = () => reflectStruct(readShader(MEMBER_STEP_SHADER), "MemberStep");

/** The table of what members have to themselves in a step, [K, P]. */
export function memberStepBuffer({ members, tableRows }: Pick<Plan, "members" | "tableRows">): BufferSpec {
  const P = members.length;
  const what = `what members have to themselves by step, [${tableRows}, P=${P}]`;
  return { bytes: tableRows * P * layout().size, usage: "storage", what };
}

/** A member's row of that table at a step, counted from 0. */
function memberStep({ seed, gradient_noise, mixup, averages }: Member, step: number, plan: Plan) {
  return {
    noise: gradient_noise ? gradientDeviation(gradient_noise, step) : 0,
    mix: mixup ? mixupShare(mixup.alpha, seed, step) : 1,
    average: averageRate(averages, step + 1, plan),
  };
}

/**
 * Sends the rows of steps `from` to `to` (exclusive) of all members.
 * @param enabled whether each member takes part: the average of one that does not stays as it is
 */
export function sendMemberSteps(
  gpu: Gpu,
  buffer: GPUBuffer,
  plan: Plan,
  enabled: readonly boolean[],
  from: number,
  to: number,
): void {
  const struct = layout();
  sendStepRows(gpu, buffer, plan, struct.size, from, to, (view, at, m, step) => {
    const values = memberStep(plan.members[m] as Member, step, plan);
    writeStruct(view, at, struct, enabled[m] ? values : { ...values, average: 0 });
  });
}
