import { z } from "zod";
import type { RecipeInput } from "../train/recipe.ts";
import { AXES, type Axis } from "./history.ts";
import { parsePageRecipe } from "./pageRecipe.ts";
import { MOST_RUNS } from "./palette.ts";
import { shorten } from "./shorten.ts";

/** What a link holds: all settings, and nothing of what was trained. */
export interface Setting {
  readonly runs: readonly RecipeInput[];
  readonly axis: Axis;
  readonly smoothing: number;
}

/** Longer ones are no link of this page. */
const MOST_LETTERS = 20_000;

/** Steps that a curve may be averaged over. */
export const SMOOTHINGS = [0, 5, 10, 20, 50, 100, 200, 500] as const;
export const STANDARD: Omit<Setting, "runs"> = { axis: "steps", smoothing: 20 };

const settingSchema = z.object({
  axis: z.enum(AXES),
  smoothing: z.number().refine((steps) => (SMOOTHINGS as readonly number[]).includes(steps)),
});

/**
 * The part of a link behind #: `run=JSON` for each run, as the recipe of the command line has it, and how curves are drawn
 * where that is not as usual.
 */
export function encodeSetting({ runs, axis, smoothing }: Setting): string {
  const parts = runs.map((run) => `run=${encodeJson(shorten(parsePageRecipe(run)))}`);
  if (axis !== STANDARD.axis) parts.push(`axis=${axis}`);
  if (smoothing !== STANDARD.smoothing) parts.push(`smooth=${smoothing}`);
  return parts.join("&");
}

/** Readable where a URL allows it: ' stands for ", where the text has none of its own. */
function encodeJson(value: object): string {
  const json = JSON.stringify(value);
  const text = encodeURIComponent(json).replaceAll("%3A", ":").replaceAll("%2C", ",");
  return json.includes("'") ? text : text.replaceAll("%22", "'");
}

/**
 * Reads a link's setting back, each recipe checked as any other.
 * @returns undefined where it holds none
 * @throws Error that says what cannot be read
 */
export function decodeSetting(hash: string): Setting | undefined {
  const text = hash.replace(/^#/, "");
  if (text === "") return undefined;
  if (text.length > MOST_LETTERS)
    throw new Error(`the link holds ${text.length} letters; at most ${MOST_LETTERS} are read`);
  const parts = new URLSearchParams(text.replaceAll("+", "%2B"));
  const given = parts.getAll("run");
  if (given.length === 0) throw new Error("the link names no run");
  if (given.length > MOST_RUNS) throw new Error(`the link names ${given.length} runs; there are at most ${MOST_RUNS}`);
  const runs = given.map((one, i) => {
    const recipe = readJson(one, `run ${i + 1} of the link`);
    try {
      return shorten(parsePageRecipe(recipe));
    } catch (cause) {
      throw new Error(`run ${i + 1} of the link: ${(cause as Error).message}`, { cause });
    }
  });
  const parsed = settingSchema.safeParse({
    axis: parts.get("axis") ?? STANDARD.axis,
    smoothing: Number(parts.get("smooth") ?? STANDARD.smoothing),
  });
  if (!parsed.success) throw new Error(`the link's ${String(parsed.error.issues[0]?.path[0])} is not known`);
  return { runs, ...parsed.data };
}

/** A recipe's JSON, in which links have ' for ". */
function readJson(text: string, where: string): unknown {
  for (const candidate of [text, text.replaceAll("'", '"')]) {
    try {
      const value: unknown = JSON.parse(candidate);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    } catch {
      // The other spelling, or none.
    }
  }
  throw new Error(`${where}: no recipe in JSON`);
}
