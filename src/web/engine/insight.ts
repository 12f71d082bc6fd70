import type { Dataset, Split } from "../../data/dataset.ts";
import type { Gpu } from "../../gpu/device.ts";
import { confusionOf } from "../../lab/metrics.ts";
import { readTensor } from "../../nn/tensors.ts";
import { augmentedImages } from "../../train/augmentedImages.ts";
import { accuracyOf, predictTest } from "../../train/predict.ts";
import type { Inspection, Sample, View } from "../protocol.ts";
import { type Classifier, createClassifier } from "./classify.ts";
import { createProbe, type GradientProbe, layerFigures, type StepValues } from "./layers.ts";
import type { Run } from "./run.ts";

/** What a person can look into of a run. Kernels and buffers of a view are made when it is first asked for. */
export interface Insight {
  look(view: View, member: number): Promise<Inspection>;
  /**
   * Trains a step by `train` and keeps what it did to parameters, for the view `layers`.
   */
  follow(train: () => Promise<unknown>): Promise<void>;
  /** Probabilities [members, classes] of an image u8 [width * height]. */
  classify(image: Uint8Array): Promise<Float32Array<ArrayBuffer>>;
  destroy(): void;
}

const MOST_UNITS = 128;
const MOST_WRONG = 24;
const AUGMENTED = { images: 6, steps: 9 };

export function createInsight(gpu: Gpu, dataset: Dataset, run: Run): Insight {
  const { session, tiling } = run;
  const { plan } = session;
  let classifier: Promise<Classifier> | undefined;
  let probe: Promise<GradientProbe> | undefined;
  let step: StepValues | undefined;
  let isDestroyed = false;

  const weights = async (member: number): Promise<Inspection> => {
    const { tensors, stride } = plan.model.arena;
    const first = tensors.find(({ name }) => name === "fc1.weight") ?? tensors[0];
    if (!first) throw new Error("the network has no weights");
    const params = await session.read("params");
    const values = readTensor(params.subarray(member * stride, (member + 1) * stride), first);
    const units = Math.min(first.rows, MOST_UNITS);
    const { width, height } = dataset.train;
    return { view: "weights", units, width, height, weights: values.slice(0, units * first.columns) as never };
  };
  const confusion = async (member: number): Promise<Inspection> => {
    // Weights and statistics that evaluation alone takes are as the last one left them.
    await run.evaluate();
    const predictions = await predictTest(gpu, session);
    const own = predictions?.members[member];
    if (!predictions || !own) throw new Error("there is no such member");
    const { labels } = predictions;
    const misses = Array.from(labels.keys()).filter((i) => own.winners[i] !== labels[i]);
    // NaN counts as most wrong.
    const lossAt = (i: number) => own.losses[i] || Number.POSITIVE_INFINITY;
    misses.sort((a, b) => lossAt(b) - lossAt(a));
    const wrong = misses.slice(0, MOST_WRONG).map((i) => ({
      ...sampleOf(dataset.test, i),
      guess: own.winners[i] ?? 0,
      confidence: own.confidences[i] ?? 0,
    }));
    const counts = confusionOf(labels, own.winners, plan.data.classes).map((row) => [...row]);
    return { view: "confusion", counts, accuracy: accuracyOf(own, labels), wrong };
  };
  const augment = async (): Promise<Inspection> => {
    const { train } = dataset;
    const count = AUGMENTED.images;
    const few = { ...train, count, images: train.images.slice(0, count * train.rowBytes) };
    const samples = Array.from({ length: count }, (_, i) => i);
    const originals = samples.map((i) => sampleOf(train, i).greys);
    const amounts = Object.entries(plan.recipe.augment ?? {}).filter(([name]) => name !== "elastic_sigma");
    const changes = amounts.some(([, amount]) => amount > 0);
    const changed = changes ? await augmentedImages(gpu, plan.recipe, few, samples, AUGMENTED.steps) : [];
    const rows = samples.map((i) => [
      originals[i] as Uint8Array<ArrayBuffer>,
      ...changed.map((images) => images[i] as Uint8Array<ArrayBuffer>),
    ]);
    return { view: "augment", rows, changes };
  };
  const layers = async (member: number): Promise<Inspection> => {
    const params = await session.read("params");
    return { view: "layers", layers: layerFigures(session, params, member, step) };
  };
  const drop = (made: Promise<{ destroy(): void }> | undefined) => {
    void made?.then(
      (one) => one.destroy(),
      () => {},
    );
  };
  return {
    look: (view, member) => {
      const m = Math.min(member, plan.members.length - 1);
      if (view === "weights") return weights(m);
      if (view === "confusion") return confusion(m);
      return view === "augment" ? augment() : layers(m);
    },
    async follow(train) {
      const before = await session.read("params");
      const at = run.step;
      await train();
      if (run.step !== at + 1) return;
      probe ??= createProbe(gpu, session, tiling);
      const after = await session.read("params");
      const gradients = await (await probe).gradients(before, at);
      if (!isDestroyed) step = { before, after, gradients };
    },
    async classify(image) {
      classifier ??= createClassifier(gpu, session);
      return (await classifier).classify(image);
    },
    destroy() {
      isDestroyed = true;
      drop(classifier);
      drop(probe);
    },
  };
}

/** An image of a split with its label. */
export function sampleOf({ images, labels, rowBytes, width, height }: Split, i: number): Sample {
  const at = i * rowBytes;
  return { greys: images.slice(at, at + width * height) as Uint8Array<ArrayBuffer>, label: labels[i] ?? 0 };
}
