import { join } from "node:path";
import { files } from "#platform";
import { jsonLine, parseRunLog } from "../io/runLog.ts";
import { readSafetensors } from "../io/safetensors.ts";
import { type Position, positionOf } from "../train/checkpointPosition.ts";
import { parseRecipe, type Recipe, RecipeError } from "../train/recipe.ts";
import type { NamedTensors } from "../train/runOptions.ts";

/** The files in a run's folder. */
export const RECIPE = "recipe.json";
export const CHECKPOINT = "checkpoint.safetensors";
export const BEST = "checkpoint.best.safetensors";
export const LOG = "log.jsonl";

/** An earlier run that goes on. */
export interface ResumedRun {
  readonly recipe: Recipe;
  readonly checkpoint: NamedTensors;
  readonly position: Position;
  /** The file that its samples' order came from, where it had one. */
  readonly order?: string;
}

/** Flags that may stand beside --resume: the recipe itself comes from the folder. */
const BESIDE_RESUME: readonly string[] = [
  ...["resume", "epochs", "steps", "adapter", "out", "log", "logEvery", "checkpointEvery", "ensemble", "json"],
];

/**
 * The recipe, checkpoint and position of an earlier run.
 * @param given names of the flags on the command line
 * @throws RecipeError for flags that would change the run; Error where the folder holds no run that can go on
 */
export async function readRun(
  folder: string,
  flags: { readonly epochs?: number; readonly steps?: number },
  given: readonly string[],
): Promise<ResumedRun> {
  const other = given.filter((name) => !BESIDE_RESUME.includes(name));
  if (other.length > 0) {
    const names = other.map((name) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
    throw new RecipeError(`--resume takes the run's own recipe: leave ${names.join(", ")} out`);
  }
  const [recipeFile, checkpointFile] = [join(folder, RECIPE), join(folder, CHECKPOINT)];
  for (const file of [recipeFile, checkpointFile]) {
    if (!(await files.exists(file))) throw new Error(`--resume ${folder}: no run to go on with, as ${file} is missing`);
  }
  const recipe = readRecipe(await files.read(recipeFile), recipeFile, {
    ...(flags.epochs !== undefined && { epochs: flags.epochs, steps: undefined }),
    ...(flags.steps !== undefined && { steps: flags.steps }),
  });
  const contents = readSafetensors(await files.read(checkpointFile), checkpointFile);
  const { order } = contents.metadata;
  return {
    recipe,
    checkpoint: { file: checkpointFile, contents },
    position: positionOf(contents, checkpointFile),
    ...(order !== undefined && { order }),
  };
}

function readRecipe(bytes: Uint8Array, file: string, changes: object): Recipe {
  let saved: object;
  try {
    saved = JSON.parse(new TextDecoder().decode(bytes)) as object;
  } catch (cause) {
    throw new Error(`${file}: cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  try {
    return parseRecipe({ ...saved, ...changes });
  } catch (cause) {
    throw new RecipeError(`${file}: ${(cause as Error).message}`, { cause });
  }
}

/** The lines of an interrupted run's log that its checkpoint still stands for: those up to its step. */
export async function logUntil(step: number, file: string): Promise<string> {
  if (!(await files.exists(file))) return "";
  const events = parseRunLog(new TextDecoder().decode(await files.read(file)), file);
  const kept = events.filter((event) => event.event === "start" || (event.event !== "done" && event.step <= step));
  return kept.map((event) => `${jsonLine(event)}\n`).join("");
}
