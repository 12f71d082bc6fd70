import type { ContenderResult } from "../../../src/lab/compare/protocol.ts";
import { type CompareResults, resultsOf } from "../../../src/lab/compare/results.ts";
import { syntheticDataset } from "../../support/dataset.ts";

export const dataset = syntheticDataset({ train: 60, test: 40 });

/** What contenders are called, and the workloads' data; all of it may be hostile. */
export interface SampleNames {
  readonly contenders: readonly string[];
  readonly data: string;
  readonly recipeName: string;
  readonly command: string;
  readonly refusal: string;
}

const PLAIN: SampleNames = {
  contenders: ["sgd", "adam", "lion"],
  data: "mnist",
  recipeName: "main",
  command: "downhill compare",
  refusal: "it cannot",
};

/** A comparison on two workloads, made up: later contenders are better and quicker; the last one is refused on the second. */
export function sampleResults(names: Partial<SampleNames> = {}): CompareResults {
  const { contenders, data, recipeName, command, refusal } = { ...PLAIN, ...names };
  const seeds = [3, 4, 5];
  const labels = [`${data} 16`, `${data} 8`];
  const result = (workload: string, contender: string, place: number): ContenderResult => {
    if (workload === labels[1] && place === contenders.length - 1) return { workload, contender, refusal };
    const accuracy = (epoch: number, seed: number) => 0.5 + 0.08 * place + 0.06 * epoch + 0.001 * ((seed * 7) % 3);
    return {
      workload,
      contender,
      lr: 10 ** -(place + 1),
      tried: {
        trials: [0.1, 0.01, 0.001].map((lr, i) => ({ lr, val_loss: 1, val_accuracy: 0.9 - 0.2 * Math.abs(place - i) })),
        seconds: { total: 1, train: 1, compile: 0 },
      },
      population: {
        recipe: { name: recipeName, optimizer: { name: contender, lr: 0.1 }, seed: 3 },
        kernels: "plain",
        train_samples: 60,
        steps: 40,
        steps_per_epoch: 10,
        seconds: { total: 9, train: 6, compile: 1 },
        curve_steps: [10, 20, 30, 40],
        models: seeds.map((seed) => ({
          seed,
          test_accuracy: accuracy(4, seed),
          test_loss: 1 / (place + 1),
          train_loss: 0.1,
          losses: [2, 1, 0.5, 0.25].map((loss) => loss / (place + 1)),
          evaluations: [1, 2, 3, 4].map((epoch) => ({
            step: 10 * epoch,
            seconds: 0.5 * epoch,
            train_loss: 1 / epoch,
            test_loss: 2 / epoch,
            test_accuracy: accuracy(epoch, seed),
          })),
        })),
        errors: {
          seed: 4,
          confusion: Array.from({ length: 10 }, (_, row) =>
            Array.from({ length: 10 }, (_, column) => (row === column ? 3 : (row + column) % 4 === 0 ? 1 : 0)),
          ),
          worst: [
            {
              sample: 3,
              label: dataset.test.labels[3] as number,
              predicted: 1,
              probability: 0.99,
              label_probability: 1e-4,
              loss: 9.2,
            },
            {
              sample: 17,
              label: dataset.test.labels[17] as number,
              predicted: 2,
              probability: 0.7,
              label_probability: 0.1,
              loss: 2.3,
            },
          ],
        },
      },
    };
  };
  const workloads = labels.map((label, i) => ({
    label,
    dataset: { ...dataset, name: data },
    recipe: { name: recipeName, data, hidden: [i === 0 ? 16 : 8], epochs: 4, batch_size: 6 },
  }));
  const settings = {
    workloads,
    contenders: contenders.map((label) => ({ label, optimizer: { name: label } })),
    seeds: 3,
    seed: 3,
    tuning: { rates: [0.001, 0.01, 0.1], validation: 10, by: "accuracy" as const },
  };
  const results = labels.flatMap((label) => contenders.map((contender, place) => result(label, contender, place)));
  const adapter = { name: "an adapter", kind: "software", backend: "vulkan", driver: "" };
  return resultsOf(results, settings, [0.7, 0.8], {
    version: "1.2.3",
    created: "2026-01-02T03:04:05.000Z",
    command,
    adapter,
  });
}
