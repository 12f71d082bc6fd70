import { random4, uniform01 } from "../../data/random.ts";
import { findOptimizer } from "../../optim/registry.ts";
import { recipeFields } from "../../train/fields.ts";
import { withValue } from "../../train/members.ts";
import { suggest } from "../../train/messages.ts";
import { parseRecipe, type Recipe, RecipeError } from "../../train/recipe.ts";
import { type Axis, type SweepValue, tidy } from "./values.ts";

/** Settings of a sweep by path, and the recipes that they make: one for each seed. */
export interface Setting {
  readonly values: Readonly<Record<string, SweepValue>>;
  readonly recipes: readonly Recipe[];
}

/** What is asked for. */
export interface SpaceSettings {
  /** Of all trials; its population is the seeds of each setting. */
  readonly base: Recipe;
  readonly axes: readonly Axis[];
  /** Settings to draw at random, and the seed that they depend on; without it all combinations. */
  readonly random?: { readonly count: number; readonly seed: number };
}

/** Trials of a sweep, at most. */
export const MOST_TRIALS = 10_000;

/** Apart from all that training draws. */
const PURPOSE_SWEEP = 0xf0;

/** Fields whose trials could not be compared, and why. */
const FIXED: Readonly<Record<string, string>> = {
  name: "it changes nothing",
  data: "figures on other data cannot be compared: run a sweep for each",
  target: "figures on other data cannot be compared: run a sweep for each",
  test_split: "trials are compared on the same samples",
  data_seed: "trials are compared on the same samples",
  population: "it is the number of seeds of each setting",
  vary: "give each setting a --vary of its own",
  validation: "trials are compared on the same held out samples",
  validation_seed: "trials are compared on the same held out samples",
};

/** Fields whose text stands for an object with that name. */
const NAMED = ["optimizer", "schedule", "loss"];

/**
 * The settings of a sweep, in the order that they are tried in.
 * @throws RecipeError in one sentence for paths, values or numbers of them that cannot be
 */
export function settingsOf({ base, axes, random }: SpaceSettings): Setting[] {
  if (axes.length === 0)
    throw new RecipeError("--vary: a sweep needs at least one, such as --vary lr=log(1e-4,1e-1,7)");
  const paths = axes.map((axis) => pathOf(axis.path, base, axes));
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new RecipeError(`--vary ${twice}: it is given twice; put its values into one`);
  const points = random ? drawn(axes, random.count, random.seed) : grid(axes, base.population);
  // What contains another path comes first: the optimizer before its learning rate.
  const order = [...paths.keys()].sort((a, b) => depthOf(paths[a]) - depthOf(paths[b]));
  return points.map((point) => {
    const values = Object.fromEntries(paths.map((path, i) => [path, point[i] as SweepValue]));
    const { population, ...single } = base;
    const changed = order.reduce<object>(
      (recipe, i) => withSetting(recipe, paths[i] as string, point[i] as SweepValue),
      {
        ...single,
      },
    );
    return { values, recipes: parsed(changed, population, paths, values) };
  });
}

const depthOf = (path = "") => path.split(".").length;

function parsed(changed: object, seeds: number, paths: readonly string[], values: object): Recipe[] {
  try {
    const recipe = parseRecipe(changed);
    refuseTest(recipe);
    return Array.from({ length: seeds }, (_, i) =>
      i === 0 ? recipe : parseRecipe({ ...changed, seed: recipe.seed + i }),
    );
  } catch (cause) {
    const of = paths.map((path) => `${path}=${JSON.stringify((values as Record<string, unknown>)[path])}`);
    const message = (cause as Error).message.replaceAll("\n", "; ");
    throw new RecipeError(`--vary: the trial ${of.join(" ")} is no recipe: ${message}`, { cause });
  }
}

/** @throws RecipeError where a schedule listens to the test set, which trials do not see */
function refuseTest({ schedule, schedules = {} }: Recipe): void {
  const listens = Object.values({ schedule, ...schedules }).find((own) => `${own?.monitor}`.startsWith("test_"));
  if (!listens) return;
  const given = `schedule: ${listens.name} listens to ${listens.monitor}, and trials do not see the test set`;
  throw new RecipeError(`${given}: give monitor=val_loss or val_accuracy`);
}

function withSetting(recipe: object, path: string, value: SweepValue): object {
  const keys = path.split(".");
  const isName = typeof value === "string" && NAMED.includes(path);
  // A field that is undefined counts as left out.
  return withValue(recipe, keys, value === null ? undefined : isName ? { name: value } : value);
}

/** The dotted path that a key means, as in a recipe's `vary`: a field, else a hyper-parameter of an optimizer. */
function pathOf(key: string, base: Recipe, axes: readonly Axis[]): string {
  const [first = "", ...rest] = key.split(".");
  const why = FIXED[first];
  if (why !== undefined) throw new RecipeError(`--vary ${key}: ${why}; leave it out`);
  if (key === "optimizer.name")
    throw new RecipeError("--vary optimizer.name: give the optimizers as optimizer=sgd,adam");
  if (recipeFields.includes(first)) return key;
  const own = hypersOf(base, axes);
  if (rest.length === 0 && own.includes(key)) return `optimizer.${key}`;
  const known = [...recipeFields.filter((field) => FIXED[field] === undefined), ...own];
  throw new RecipeError(
    `--vary ${key}: a recipe has no such setting${suggest(key, known)}; give one of ${known.join(", ")}, or a dotted path`,
  );
}

/** Hyper-parameters of the optimizers that the trials have. */
function hypersOf({ optimizer }: Recipe, axes: readonly Axis[]): string[] {
  const { values } = axes.find(({ path }) => path === "optimizer") ?? {};
  const list = values?.kind === "list" ? values.list : [optimizer.name];
  const names = list.map((value) =>
    typeof value === "string" ? value : `${(value as { name?: unknown } | null)?.name}`,
  );
  const all = names.flatMap((name) => Object.keys((findOptimizer(name)?.hyper as { shape?: object })?.shape ?? {}));
  return [...new Set(all)];
}

function grid(axes: readonly Axis[], seeds: number): SweepValue[][] {
  const lists = axes.map(({ path, values }) => {
    if (values.kind === "list") return values.list;
    throw new RecipeError(
      `--vary ${path}: a range without a number of values is for random search: give ${values.scale}(lo,hi,n), or --random N`,
    );
  });
  const total = lists.reduce((product, { length }) => product * length, seeds);
  if (total > MOST_TRIALS) {
    const product = [...lists.map(({ length }) => length), ...(seeds > 1 ? [seeds] : [])].join(" x ");
    throw new RecipeError(
      `--vary: ${product} make ${total} trials, more than ${MOST_TRIALS}: give fewer values, or --random N`,
    );
  }
  return lists.reduce<SweepValue[][]>(
    (points, list) => points.flatMap((point) => list.map((value) => [...point, value])),
    [[]],
  );
}

/**
 * Points drawn at random, each once. Point i does not depend on how many there are, so that a larger sweep goes on with a
 * smaller one's.
 */
function drawn(axes: readonly Axis[], count: number, seed: number): SweepValue[][] {
  const points = new Map<string, SweepValue[]>();
  // Where the space has fewer points, it is exhausted at some time.
  for (let i = 0; points.size < count && i < 100 * count; i++) {
    const point = axes.map(({ values }, axis) => {
      const [bits] = random4(seed, PURPOSE_SWEEP, i, axis);
      const share = uniform01(bits);
      if (values.kind === "list") return values.list[Math.floor(share * values.list.length)] as SweepValue;
      const { scale, low, high } = values;
      if (scale === "int") return low + Math.floor(share * (high - low + 1));
      const value = scale === "log" ? low * (high / low) ** share : low + share * (high - low);
      return Math.min(high, Math.max(low, tidy(value, 4)));
    });
    points.set(JSON.stringify(point), point);
  }
  return [...points.values()];
}
