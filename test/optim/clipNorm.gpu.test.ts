import { expect, test } from "vitest";
import { readShader } from "#platform";
import { reflectStruct } from "../../src/gpu/reflect.ts";
import { encodeStruct } from "../../src/gpu/uniforms.ts";
import { MEMBER_SHADER } from "../../src/nn/member.ts";
import { clipNorm, NORM_PARTIALS } from "../../src/optim/clipNorm.ts";
import { expectClose } from "../reference/close.ts";
import { uniform } from "../reference/random.ts";
import { concat, runDispatch, stepOf, useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();
const layout = reflectStruct(readShader(MEMBER_SHADER), "Member");

/** Members' gradients after clipping, each to its own norm. */
async function clip(members: readonly { readonly grads: Float32Array; readonly clip_norm: number }[]) {
  const stride = members[0]?.grads.length ?? 0;
  const population = new Uint8Array(members.length * layout.size);
  members.forEach(({ clip_norm }, m) => {
    const zeros = Object.fromEntries(layout.fields.map(({ name }) => [name, 0]));
    population.set(new Uint8Array(encodeStruct(layout, { ...zeros, enabled: 1, clip_norm })), m * layout.size);
  });
  const { grads } = await runDispatch(await gpuOf(), clipNorm(stride, members.length), stepOf(1), {
    grads: concat(members.map((member) => member.grads)),
    norm_partials: new Float32Array(members.length * NORM_PARTIALS).fill(7),
    population,
  });
  return members.map((_, m) => new Float32Array(grads as ArrayBuffer, 4 * m * stride, stride));
}

const random = (stride: number, seed: number) => Float32Array.from(uniform(stride, seed));

test.each([64, 320, 10_048, 131_136])("%i gradients: as torch.nn.utils.clip_grad_norm_", async (stride) => {
  const members = [0.5, 1e6, 2].map((clip_norm, m) => ({ grads: random(stride, m), clip_norm }));
  const got = await clip(members);
  for (const [m, { grads, clip_norm }] of members.entries()) {
    const norm = Math.hypot(
      ...Array.from({ length: Math.ceil(stride / 64) }, (_, i) => Math.hypot(...grads.subarray(64 * i, 64 * i + 64))),
    );
    const factor = Math.min(1, clip_norm / (norm + 1e-6));
    expect(factor < 1).toBe(m !== 1);
    // A sum of squares has the rounding of its longest chain of additions, some hundred.
    expectClose(
      got[m] ?? [],
      grads.map((g) => g * factor),
      { relative: 1e-5, absolute: 1e-12 },
      `member ${m}`,
    );
  }
  expectSameBits(got[1] as Float32Array, members[1]?.grads as Float32Array, "below the norm nothing changes");
  const [alone] = await clip(members.slice(2));
  expectSameBits(got[2] as Float32Array, alone as Float32Array, "the last member alone");
});

test("gradients of zero stay zero", async () => {
  const [got] = await clip([{ grads: new Float32Array(64), clip_norm: 1 }]);
  expect(got?.every((value) => value === 0)).toBe(true);
});
