import type { Dataset } from "../../data/dataset.ts";
import { holdOut } from "../../data/split.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { Optimizer } from "../../optim/optimizer.ts";
import { findOptimizer } from "../../optim/registry.ts";
import { parseRecipe, type Recipe } from "../../train/recipe.ts";
import type { Progress } from "../../train/runOptions.ts";
import { validationFaults } from "../../train/validationField.ts";
import { learningRates } from "../learningRates.ts";
import { trainPopulation } from "./population.ts";
import type { CompareOptions, CompareSettings, Contender, Stage, Tuning, Workload } from "./protocol.ts";
import { type Population, populationSchema, type Trial, type Trials, trialsSchema } from "./records.ts";
import { chooseTrial } from "./trials.ts";

/** What a contender is run with. */
export interface Run {
  readonly gpu: Gpu;
  readonly workload: Workload;
  readonly contender: Contender;
  readonly settings: CompareSettings;
  readonly options: CompareOptions;
  /** Called before anything is trained. */
  readonly onRun: () => void;
}

/** Runs a contender on a workload: its trials where rates are tuned, then its seeds. */
export async function runContender(run: Run) {
  const { workload, contender, settings } = run;
  const { optimizer } = contender;
  const declared = findOptimizer(optimizer.name) as Optimizer;
  let recipe = parseRecipe({ ...workload.recipe, optimizer, seed: settings.seed, population: settings.seeds });
  let tried: Trials | undefined;
  if (settings.tuning) {
    tried = await runTrials(run, declared, recipe, settings.tuning);
    const lr = chooseTrial(tried.trials, settings.tuning.by)?.lr;
    if (lr !== undefined) recipe = parseRecipe({ ...recipe, optimizer: { ...recipe.optimizer, lr } });
    recipe = wholeTrainingSet(recipe);
  }
  const { lr } = recipe.optimizer;
  const population = await runSeeds(run, recipe);
  return {
    ...(typeof lr === "number" && !declared.findsOwnRate && { lr }),
    ...(tried && { tried }),
    population,
  };
}

/**
 * Tries learning rates, or the default alone where there is none to choose: one population with a member for each, of one seed
 * that the runs after them do not have. The held out samples stand in the test set's place, which is not looked at.
 */
async function runTrials(run: Run, optimizer: Optimizer, recipe: Recipe, tuning: Tuning): Promise<Trials> {
  const { dataset } = run.workload;
  const rates = learningRates(optimizer, tuning.rates).flatMap((lr) => lr ?? []);
  const { population: _, vary: __, ...single } = recipe;
  const seed = (recipe.seed + run.settings.seeds) % 2 ** 32;
  const own = { ...single, seed, ...(rates.length > 0 && { vary: { key: "lr", values: rates } }) };
  const held: Recipe = wholeTrainingSet(parseRecipe(own));
  const { validation } = tuning;
  const { validation_seed = 0 } = recipe;
  const described = { kind: "trials", recipe: held, validation, validation_seed };
  return kept(run, `${run.contender.label} trials`, described, trialsSchema.parse, async () => {
    const parts = holdOut(dataset.train, validation, validation_seed);
    const data: Dataset = { ...dataset, train: parts.rest, test: parts.held };
    const { models, seconds } = await trainPopulation(run.gpu, data, held, trainingOptions(run, "trials"));
    const trials = models.map(({ test_loss, test_accuracy }, member): Trial => {
      const lr = rates[member];
      return { ...(lr !== undefined && { lr }), val_loss: test_loss, val_accuracy: test_accuracy };
    });
    return { trials, seconds };
  });
}

function runSeeds(run: Run, recipe: Recipe): Promise<Population> {
  const { evaluateEvery } = run.settings;
  const described = { kind: "seeds", recipe, ...(evaluateEvery !== undefined && { evaluateEvery }) };
  return kept(run, `${run.contender.label} seeds`, described, populationSchema.parse, () =>
    trainPopulation(run.gpu, run.workload.dataset, recipe, {
      ...trainingOptions(run, "seeds"),
      evaluateEvery,
      errors: true,
    }),
  );
}

function trainingOptions({ workload, contender, settings, options }: Run, stage: Stage["stage"]) {
  let accuracy: number | undefined;
  return {
    tiling: settings.tiling,
    signal: options.signal,
    onEvaluated(mean: number) {
      accuracy = mean;
    },
    onProgress: (progress: Progress) =>
      options.observer?.onProgress?.({ workload, contender, stage }, progress, accuracy),
  };
}

/** What was kept under these settings, or what is made now and kept. */
async function kept<T extends object>(
  { workload, settings, options, onRun }: Run,
  name: string,
  described: object,
  parse: (value: unknown) => T,
  make: () => Promise<T>,
): Promise<T> {
  const all = {
    ...described,
    data: workload.dataset.name,
    tiling: settings.tiling ?? "auto",
    machine: options.machine,
  };
  const found = await options.finished.find(name, all);
  if (found !== undefined) return parse(found);
  onRun();
  const made = await make();
  await options.finished.keep(name, all, made);
  return made;
}

/** The recipe without samples held out, unless something in it listens to them. */
function wholeTrainingSet(recipe: Recipe): Recipe {
  const { validation: _, validation_seed: __, ...whole } = recipe;
  return validationFaults(whole).length > 0 ? recipe : whole;
}
