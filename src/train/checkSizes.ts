import { pointsAt } from "../optim/averaging.ts";
import type { DataShape } from "./dataShape.ts";
import type { Member } from "./members.ts";
import { MAX_CHUNK_ROWS, type PlanSizes } from "./planSizes.ts";
import { RecipeError } from "./recipe.ts";

/**
 * @param batch samples that are normalised together: one of the batches where a step takes several
 * @throws RecipeError where batches do not give the statistics that batch norm needs
 */
export function checkBatchNorm(batch: number, chunkRows: number, { trainCount }: DataShape): void {
  if (batch > chunkRows) {
    throw new RecipeError(
      `batch_norm: a batch of ${batch} samples is worked through in chunks of ${chunkRows}, and batch norm needs the ` +
        `statistics of all of it at once: use a batch_size of at most ${MAX_CHUNK_ROWS}, or layer_norm`,
    );
  }
  const rest = trainCount % batch;
  if (batch !== 1 && rest !== 1) return;
  const which = batch === 1 ? "a batch" : `the last batch of an epoch (${trainCount} samples by ${batch})`;
  throw new RecipeError(
    `batch_norm: ${which} is one sample, which has no variance: use another batch_size, of 2 or more, or layer_norm`,
  );
}

/** @throws RecipeError where the run ends before its average begins */
export function checkAverages({ averages: { swa } }: Member, sizes: PlanSizes): void {
  if (!swa || pointsAt(swa, sizes.steps, sizes) > 0) return;
  const every = swa.every === "epoch" ? `${sizes.stepsPerEpoch} (an epoch)` : swa.every;
  throw new RecipeError(
    `swa: a run of ${sizes.steps} steps has no point to average, as one comes every ${every} after ${swa.start} of the run; ` +
      "train longer, or give fewer steps as every",
  );
}
