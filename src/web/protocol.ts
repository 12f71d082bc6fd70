import { z } from "zod";

/**
 * What page and worker say to each other. Both sides check what they get, so that a mistake on one shows where it crosses.
 */

const id = z.string().min(1).max(40);
const count = z.number().int().min(0);
const floats = z.instanceof(Float32Array<ArrayBuffer>);
/** Also what is no number: a loss that has become NaN must be seen. */
const measured = z.custom<number>((value) => typeof value === "number");
const bytes = z.instanceof(Uint8Array<ArrayBuffer>);

/** What a person can look into, one at a time. */
export const VIEWS = ["weights", "layers", "confusion", "augment"] as const;
export type View = (typeof VIEWS)[number];

/** From the page to the worker. */
export const requestSchema = z.discriminatedUnion("type", [
  /** Opens a device and loads the data; once, and again after a failure. */
  z.object({ type: z.literal("open"), adapter: z.string(), base: z.string() }),
  /** Makes a run, or puts another in its place: at its start, or where a checkpoint was taken. */
  z.object({
    type: z.literal("set"),
    id,
    recipe: z.record(z.string(), z.unknown()),
    checkpoint: z.object({ file: z.string(), bytes }).optional(),
  }),
  z.object({ type: z.literal("remove"), id }),
  z.object({ type: z.literal("play") }),
  z.object({ type: z.literal("pause") }),
  /** One step of each run that is not done. */
  z.object({ type: z.literal("step") }),
  /** Another learning rate from the next step on. */
  z.object({ type: z.literal("rate"), id, lr: z.number().positive() }),
  /** A digit to classify with every run, u8 [28, 28]; without one none. */
  z.object({ type: z.literal("draw"), image: bytes.optional() }),
  /** What to look into from now on; without a view nothing. */
  z.object({ type: z.literal("watch"), id: id.optional(), view: z.enum(VIEWS).optional(), member: count }),
  z.object({ type: z.literal("save"), id, what: z.enum(["checkpoint", "log"]) }),
  /** A digit of the test set, by chance. */
  z.object({ type: z.literal("digit") }),
]);
export type Request = z.output<typeof requestSchema>;

const histogram = z.object({
  /** The bins go from -reach to reach. */
  reach: measured,
  counts: z.array(z.number()),
  /** Root of the mean square. */
  rms: measured,
});
export type Histogram = z.output<typeof histogram>;

const layer = z.object({
  name: z.string(),
  shape: z.array(z.number()),
  weights: histogram,
  gradients: histogram.optional(),
  updates: histogram.optional(),
});
export type LayerFigures = z.output<typeof layer>;

/** An image of the data set: its greys, the truth, and what was taken for it. */
const sample = z.object({ greys: bytes, label: count, guess: count.optional(), confidence: measured.optional() });
export type Sample = z.output<typeof sample>;

const inspection = z.discriminatedUnion("view", [
  /** Weights of the first layer, [units, height * width]. */
  z.object({ view: z.literal("weights"), units: count, width: count, height: count, weights: floats }),
  z.object({ view: z.literal("layers"), layers: z.array(layer) }),
  z.object({
    view: z.literal("confusion"),
    /** [label][guess] */
    counts: z.array(z.array(z.number())),
    accuracy: z.number(),
    wrong: z.array(sample),
  }),
  /** rows[i] holds one image as step after step changes it, the unchanged one first. */
  z.object({ view: z.literal("augment"), rows: z.array(z.array(bytes)), changes: z.boolean() }),
]);
export type Inspection = z.output<typeof inspection>;

/** From the worker to the page. */
export const reportSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("ready"),
    adapter: z.object({ name: z.string(), kind: z.enum(["hardware", "software"]) }),
    note: z.string().optional(),
    trainCount: count,
    testCount: count,
  }),
  /** Nothing can be trained here: no WebGPU, no adapter, no data. */
  z.object({ type: z.literal("unavailable"), message: z.string() }),
  z.object({
    type: z.literal("opened"),
    id,
    step: count,
    steps: count,
    stepsPerEpoch: count,
    members: count,
    parameters: count,
    kernels: z.string(),
    note: z.string().optional(),
  }),
  z.object({
    type: z.literal("trained"),
    id,
    first: count,
    /** [steps, members] */
    losses: floats,
    rates: floats,
    seconds: z.number(),
    samples: count,
  }),
  z.object({
    type: z.literal("evaluated"),
    id,
    step: count,
    losses: z.array(measured),
    accuracies: z.array(measured),
    done: z.boolean(),
    ensemble: measured.optional(),
  }),
  z.object({ type: z.literal("failed"), id, message: z.string() }),
  /** The device went away; another is being opened, and runs go on from their last checkpoint. */
  z.object({ type: z.literal("lost"), message: z.string() }),
  z.object({ type: z.literal("idle") }),
  z.object({ type: z.literal("classified"), id, probabilities: floats, classes: count }),
  z.object({ type: z.literal("inspected"), id, member: count, step: count, inspection }),
  z.object({ type: z.literal("file"), name: z.string(), kind: z.string(), bytes }),
  z.object({ type: z.literal("digit"), sample }),
  /** Something asked for could not be done. */
  z.object({ type: z.literal("refused"), message: z.string() }),
]);
export type Report = z.output<typeof reportSchema>;
