import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { files, type LineWriter, makeRunFolder, openLines, writeFileAtomic } from "#platform";
import { jsonLine, type LogEvent, parseLog } from "../io/runLog.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../io/safetensors.ts";
import { eventsUntil } from "../lab/tune/lineage.ts";
import type { TuneSettings } from "../lab/tune/run.ts";
import { memberRecipe } from "../lab/tune/space.ts";
import { positionOf } from "../train/checkpointPosition.ts";
import { joinMembers } from "../train/memberCheckpoints.ts";
import type { Plan } from "../train/plan.ts";
import { parseRecipe, type Recipe, RecipeError } from "../train/recipe.ts";
import { decodeRows } from "../train/rows.ts";
import type { NamedTensors } from "../train/runOptions.ts";
import { varyRows } from "../train/vary.ts";
import { CHECKPOINT, LOG, RECIPE } from "./resume.ts";

/** Files of a tuned population's folder beside a run's: how it is tuned, and the best member alone. */
const SETTINGS = "tune.json";
export const WINNER = "winner";

const settingsSchema = z.strictObject({
  method: z.literal("pbt"),
  ranges: z.array(
    z.strictObject({ path: z.string(), scale: z.enum(["log", "uniform", "int"]), low: z.number(), high: z.number() }),
  ),
  interval: z.number().int().min(1),
  by: z.enum(["val_loss", "val_accuracy"]),
  share: z.number(),
  resample: z.number(),
  seed: z.number(),
});

/** A run that goes on: what it is, where it is, and its log until there. */
export interface ResumedTune {
  readonly recipe: Recipe;
  readonly settings: TuneSettings;
  readonly checkpoint: NamedTensors;
  readonly events: readonly LogEvent[];
}

/** @throws Error where the folder holds no run that can go on */
export async function readTune(folder: string): Promise<ResumedTune> {
  const [recipeFile, settingsFile, file, log] = [RECIPE, SETTINGS, CHECKPOINT, LOG].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  for (const name of [recipeFile, settingsFile, file]) {
    if (!(await files.exists(name)))
      throw new Error(`--resume ${folder}: no tuning to go on with, as ${name} is missing`);
  }
  const text = async (name: string) => new TextDecoder().decode(await files.read(name));
  const read = async <T>(name: string, parse: (value: unknown) => T): Promise<T> => {
    try {
      return parse(JSON.parse(await text(name)));
    } catch (cause) {
      throw new Error(`${name}: cannot be read: ${(cause as Error).message}`, { cause });
    }
  };
  const recipe = await read(recipeFile, parseRecipe);
  const { method: _, ...settings } = await read(settingsFile, (value) => settingsSchema.parse(value));
  const contents = readSafetensors(await files.read(file), file);
  const position = positionOf(contents, file);
  const events = (await files.exists(log)) ? parseLog(await text(log), log) : [];
  if (events.some(({ event }) => event === "done")) {
    throw new RecipeError(`--resume ${folder}: the run has come to its end already`);
  }
  return { recipe, settings, checkpoint: { file, contents }, events: eventsUntil(events, position) };
}

/** Makes the run's folder, or opens that of a run that goes on, and its log. */
export async function openTune(
  given: string | undefined,
  recipe: Recipe,
  settings: TuneSettings,
  resumed: ResumedTune | undefined,
): Promise<{ out: string; lines: LineWriter }> {
  if (given !== undefined && (await stat(given).catch(() => undefined))?.isFile()) {
    throw new Error(`--out ${given}: it is a file; give a folder, or a name that is free`);
  }
  const out = await makeRunFolder(given);
  // What an earlier run left here must not pass for this one's.
  if (!resumed) for (const name of [CHECKPOINT, WINNER]) await rm(join(out, name), { force: true, recursive: true });
  await writeFileAtomic(join(out, RECIPE), `${JSON.stringify(recipe, null, 2)}\n`);
  await writeFileAtomic(join(out, SETTINGS), `${JSON.stringify({ method: "pbt", ...settings }, null, 2)}\n`);
  await writeFileAtomic(join(out, LOG), (resumed?.events ?? []).map((event) => `${jsonLine(event)}\n`).join(""));
  return { out, lines: openLines(join(out, LOG)) };
}

/** Writes the best member as a run of its own. */
export async function keepWinner(folder: string, plan: Plan, checkpoint: Safetensors, winner: number): Promise<void> {
  const { vary } = plan.recipe;
  const saved = checkpoint.metadata.vary_rows;
  const rows = saved === undefined ? (vary ? varyRows(vary) : []) : decodeRows(saved, plan, CHECKPOINT);
  const recipe = memberRecipe(plan.recipe, rows[winner] ?? []);
  const { tensors, metadata } = joinMembers([{ checkpoint, file: CHECKPOINT, member: winner }], recipe);
  await makeRunFolder(folder);
  await writeFileAtomic(join(folder, RECIPE), `${JSON.stringify(recipe, null, 2)}\n`);
  const table = checkpoint.metadata.table;
  const all = { ...metadata, ...(table !== undefined && { table }) };
  await writeFileAtomic(join(folder, CHECKPOINT), writeSafetensors(tensors, all));
}
