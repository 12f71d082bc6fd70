import { parseRunLog, type RunEvent } from "../io/runLog.ts";
import { readSafetensors } from "../io/safetensors.ts";
import { recipeOfCheckpoint } from "../train/checkpointPosition.ts";
import type { Recipe, RecipeInput } from "../train/recipe.ts";
import type { History } from "./history.ts";
import { parsePageRecipe } from "./pageRecipe.ts";

/** Files that a person gives to the page. Each is checked; what is not as it should be is refused with the reason. */
export type Loaded =
  | { readonly kind: "recipe"; readonly recipe: Recipe }
  | { readonly kind: "log"; readonly recipe: Recipe; readonly events: readonly RunEvent[] }
  | {
      readonly kind: "checkpoint";
      readonly recipe: Recipe;
      readonly file: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
    };

const MOST_BYTES = 512 * 1024 ** 2;

/**
 * Reads a recipe (.json), a run log (.jsonl) or a checkpoint (.safetensors).
 * @throws Error that names the file and what is wrong
 */
export async function loadFile(file: File): Promise<Loaded> {
  const { name } = file;
  if (file.size > MOST_BYTES) throw new Error(`${name}: ${file.size} bytes; at most ${MOST_BYTES} are read`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (name.endsWith(".safetensors")) {
    const recipe = parsePageRecipe(recipeOfCheckpoint(readSafetensors(bytes, name), name, "mnist"));
    return { kind: "checkpoint", recipe, file: name, bytes };
  }
  const text = textOf(bytes, name);
  if (name.endsWith(".jsonl")) {
    const events = parseRunLog(text, name);
    const [start] = events;
    if (start?.event !== "start") throw new Error(`${name}: a run log begins with its start event`);
    return { kind: "log", recipe: named(name, { ...start.recipe, data: "mnist" }), events };
  }
  if (!name.endsWith(".json")) {
    throw new Error(`${name}: the page reads recipes (.json), run logs (.jsonl) and checkpoints (.safetensors)`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${name}: no valid JSON (${(cause as Error).message})`, { cause });
  }
  return { kind: "recipe", recipe: named(name, value) };
}

function named(file: string, recipe: unknown): Recipe {
  try {
    return parsePageRecipe(recipe);
  } catch (cause) {
    throw new Error(`${file}: ${(cause as Error).message}`, { cause });
  }
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error(`${file}: no text in UTF-8`, { cause });
  }
}

/** Puts a run log's events into a run's curves. Time is known at the end alone, and taken to pass evenly. */
export function fillHistory(history: History, events: readonly RunEvent[], members: number): void {
  const done = events.findLast((event) => event.event === "done");
  const secondsPerStep = done ? done.seconds.train / Math.max(1, done.steps) : 0;
  /** Members' values, those of members that have stopped being none. */
  const byStep = new Map<number, { rate: number; losses: Float32Array; tested: [loss: number, accuracy: number][] }>();
  for (const event of events) {
    if (event.event !== "step" && event.event !== "eval") continue;
    const point = byStep.get(event.step) ?? { rate: 0, losses: new Float32Array(members).fill(Number.NaN), tested: [] };
    byStep.set(event.step, point);
    if (event.event === "step") {
      point.losses[event.model] = event.loss;
      if (event.model === 0) point.rate = event.lr;
    } else if (event.test_loss !== undefined && event.test_accuracy !== undefined) {
      point.tested.push([event.test_loss, event.test_accuracy]);
    }
  }
  let before = 0;
  for (const [step, { rate, losses, tested }] of byStep) {
    if (!losses.every(Number.isNaN)) {
      history.add(step, losses, [rate], (step - before) * secondsPerStep);
      before = step;
    }
    if (tested.length === 0) continue;
    history.evaluate(
      step,
      tested.map(([loss]) => loss),
      tested.map(([, accuracy]) => accuracy),
    );
  }
}

/** The recipe as a file. */
export function recipeFile(recipe: RecipeInput): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(recipe, null, 2)}\n`);
}
