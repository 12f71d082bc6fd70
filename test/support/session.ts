import type { Dataset } from "../../src/data/dataset.ts";
import type { Gpu } from "../../src/gpu/device.ts";
import { chooseTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { chunksOf } from "../../src/train/chunks.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import { openSession, type Session } from "../../src/train/session.ts";
import { shapeOf } from "../../src/train/train.ts";

/** A session at the start of a recipe's training. Destroy it after use. */
export async function startSession(
  gpu: Gpu,
  recipe: RecipeInput,
  dataset: Dataset,
  tiling: Tiling = chooseTiling(gpu),
): Promise<Session> {
  const session = await openSession(gpu, makePlan(parseRecipe(recipe), shapeOf(dataset), tiling));
  await session.prepare(["init", "shuffle", "chunk", "update"]);
  session.uploadTrain(dataset.train);
  session.initialise();
  return session;
}

/**
 * Trains steps `from` to `to` (exclusive), at most `most` chunks a submit, and waits for each.
 * @returns losses[i][m] of step `from + i` and member m
 */
export async function trainSteps(session: Session, from: number, to: number, most = 1): Promise<number[][]> {
  const { plan } = session;
  const chunks = [...chunksOf(plan, from, to)];
  const losses: number[][] = [];
  while (chunks.length > 0) {
    const epoch = chunks[0]?.epoch;
    const end = chunks.findIndex((chunk) => chunk.epoch !== epoch);
    const taken = chunks.splice(0, Math.min(most, plan.submitChunks, end < 0 ? chunks.length : end));
    const { first, metrics } = await session.train(taken);
    metrics.forEach((members, i) => {
      losses[first + i - from] = members.map(({ loss }) => loss);
    });
  }
  return losses;
}

/** Throws unless two arrays hold the same bits. The message gives the first element that differs. */
export function expectSameBits(got: Float32Array, expected: Float32Array, what: string): void {
  const bits = ({ buffer, byteOffset, length }: Float32Array) => new Uint32Array(buffer, byteOffset, length);
  const other = bits(expected);
  const i = got.length === expected.length ? bits(got).findIndex((word, i) => word !== other[i]) : 0;
  if (i >= 0)
    throw new Error(`${what}[${i}] of ${got.length}: got ${got[i]}, expected ${expected[i]} of ${expected.length}`);
}
