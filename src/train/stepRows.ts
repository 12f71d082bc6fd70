import type { StructValues } from "../gpu/uniforms.ts";
import { type Chunk, spanOf } from "./chunks.ts";
import type { Plan } from "./plan.ts";

/** A set of samples that is evaluated. */
export type Evaluated = "test" | "validation";

/** The rows of the step uniform for the chunks of a submit, all of one epoch. */
export function trainRows(plan: Plan, chunks: readonly Chunk[]): StructValues[] {
  const { start } = spanOf(chunks);
  return chunks.map((chunk) => {
    const row = rowOf(plan, chunk, start);
    // The metrics of a further gradient go to a row that nobody reads, behind that of evaluations.
    return chunk.gradient === 0 ? row : { ...row, slot: plan.tableRows + 1 };
  });
}

/** The rows for the updates of steps of several gradients, which belong to the step's own row of the tables. */
export function updateRows(plan: Plan, chunks: readonly Chunk[]): StructValues[] {
  const { start } = spanOf(chunks);
  return chunks.filter(({ isLast, gradient }) => isLast && gradient > 0).map((chunk) => rowOf(plan, chunk, start));
}

function rowOf(plan: Plan, { step, isFirst, rows, position, batch }: Chunk, start: number): StructValues {
  return {
    members: plan.members.length,
    slot: step % plan.tableRows,
    first: isFirst ? 1 : 0,
    rows,
    first_row: position - start,
    order_stride: plan.submitSamples,
    count: step,
    inv_batch: 1 / batch,
  };
}

/** The rows for batch norm's statistics of the weights that are evaluated: batches `from` to `to` (exclusive). */
export function statisticsRows(plan: Plan, from: number, to: number): StructValues[] {
  const rows = statisticsBatch(plan);
  return Array.from({ length: to - from }, (_, i) => ({
    ...{ members: plan.members.length, slot: plan.tableRows, first: 1, rows, first_row: (from + i) * rows },
    ...{ order_stride: 0, count: from + i, inv_batch: 1 / rows },
  }));
}

/** Batches that those statistics are the mean of. */
export const statisticsBatches = (plan: Plan): number => plan.statisticsCount / statisticsBatch(plan);

const statisticsBatch = ({ chunkRows, evaluateRows, data }: Plan) =>
  Math.min(Math.max(chunkRows, evaluateRows), data.trainCount);

/** The rows for an evaluation of samples `start` to `end` (exclusive) of a set. */
export function evaluationRows(plan: Plan, start: number, end: number, of: Evaluated) {
  const { evaluateRows, tableRows, data, members } = plan;
  const samples = of === "test" ? data.testCount : (data.validationCount ?? 0);
  return Array.from({ length: Math.ceil((end - start) / evaluateRows) }, (_, i) => {
    const at = start + i * evaluateRows;
    return {
      members: members.length,
      slot: tableRows,
      first: at === 0 ? 1 : 0,
      rows: Math.min(evaluateRows, end - at),
      first_row: at,
      order_stride: 0,
      count: 0,
      inv_batch: 1 / samples,
    };
  });
}
