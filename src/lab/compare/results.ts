import type { CompareSettings, ContenderResult, Tuning } from "./protocol.ts";
import { type CompareSummary, summarise } from "./summary.ts";

/** Where and with what a comparison ran. */
export interface Provenance {
  /** Of Downhill. */
  readonly version: string;
  /** Date and time of the report, ISO 8601. */
  readonly created: string;
  /** The command line that runs it again. */
  readonly command: string;
  readonly adapter: { readonly name: string } & Readonly<Record<string, unknown>>;
}

/** What contenders trained. */
export interface WorkloadInfo {
  readonly label: string;
  readonly data: string;
  /** Widths of all layers, the input first. */
  readonly network: readonly number[];
  readonly train_samples: number;
  readonly test_samples: number;
  /** Names of a table's classes, by the number that they have in figures. */
  readonly classes?: readonly string[];
  /** As it was given: a contender's complete one stands with its results. */
  readonly recipe: object;
}

/** A whole comparison, as `results.json` has it. */
export interface CompareResults extends Provenance {
  readonly kind: "compare";
  readonly workloads: readonly WorkloadInfo[];
  readonly contenders: readonly { readonly label: string; readonly optimizer: object }[];
  readonly seeds: readonly number[];
  /** 0..1 */
  readonly targets: readonly number[];
  readonly tuning?: Tuning;
  /** Steps from one evaluation inside an epoch to the next; absent: only at the ends of epochs. */
  readonly evaluate_every?: number;
  readonly summary: CompareSummary;
  readonly results: readonly ContenderResult[];
}

export function resultsOf(
  results: readonly ContenderResult[],
  settings: CompareSettings,
  targets: readonly number[],
  provenance: Provenance,
): CompareResults {
  const { workloads, contenders, seeds, seed, tuning, evaluateEvery } = settings;
  return {
    kind: "compare",
    ...provenance,
    workloads: workloads.map(({ label, dataset: { name, train, test, table }, recipe }) => ({
      label,
      data: name,
      network: [train.width * train.height, ...(recipe.hidden ?? [128, 64]), train.classes],
      train_samples: train.count,
      test_samples: test.count,
      ...(table?.target.kind === "classes" && { classes: table.target.classes }),
      recipe,
    })),
    contenders: contenders.map(({ label, optimizer }) => ({ label, optimizer })),
    seeds: Array.from({ length: seeds }, (_, i) => seed + i),
    targets,
    ...(tuning && { tuning }),
    ...(evaluateEvery !== undefined && { evaluate_every: evaluateEvery }),
    summary: summarise(results, settings, targets),
    results,
  };
}
