import type { RecipeInput } from "../train/recipe.ts";

/** Runs to begin with, or to learn from. */
export interface Preset {
  readonly name: string;
  readonly about: string;
  readonly runs: readonly RecipeInput[];
}

const optimizers = (epochs: number, ...all: RecipeInput["optimizer"][]): RecipeInput[] =>
  all.map((optimizer) => ({ epochs, optimizer: optimizer as NonNullable<typeof optimizer> }));

/** The first is what the page opens with. */
export const PRESETS: readonly Preset[] = [
  {
    name: "Three optimizers",
    about: "Gradient descent, momentum and Adam over the same network, each at a good rate",
    runs: optimizers(3, { name: "sgd", lr: 0.1 }, { name: "momentum", lr: 0.03 }, { name: "adam", lr: 0.001 }),
  },
  {
    name: "Six optimizers",
    about: "From plain gradient descent to AdamW without a schedule",
    runs: optimizers(
      3,
      { name: "sgd", lr: 0.1 },
      { name: "nesterov", lr: 0.03 },
      { name: "rmsprop", lr: 0.001 },
      { name: "adam", lr: 0.001 },
      { name: "lion", lr: 0.0003 },
      { name: "schedule_free_adamw", lr: 0.01 },
    ),
  },
  {
    name: "Adam's learning rate",
    about: "Too small, right, too large",
    runs: optimizers(2, { name: "adam", lr: 0.0001 }, { name: "adam", lr: 0.001 }, { name: "adam", lr: 0.03 }),
  },
  {
    name: "Schedules",
    about: "A constant rate, a cosine, and one cycle up and down",
    runs: [
      { epochs: 4, optimizer: { name: "adam", lr: 0.003 } },
      { epochs: 4, optimizer: { name: "adam", lr: 0.003 }, schedule: { name: "cosine" } },
      { epochs: 4, optimizer: { name: "adam", lr: 0.003 }, schedule: { name: "one_cycle", max_lr: 0.01 } },
    ],
  },
  {
    name: "Starts and activations",
    about: "Sigmoid's plateau, and why weights must not start at zero",
    runs: [
      { epochs: 2, hidden: [64, 64, 64], activation: "relu", optimizer: { name: "momentum", lr: 0.03 } },
      { epochs: 2, hidden: [64, 64, 64], activation: "sigmoid", optimizer: { name: "momentum", lr: 0.03 } },
      { epochs: 2, hidden: [64, 64, 64], activation: "relu", init: "zeros", optimizer: { name: "momentum", lr: 0.03 } },
    ],
  },
  {
    name: "Against overfitting",
    about: "Nothing, dropout, and images that are changed in each step",
    runs: [
      { epochs: 8, hidden: [256, 128], optimizer: { name: "adam" } },
      { epochs: 8, hidden: [256, 128], optimizer: { name: "adam" }, dropout: 0.2 },
      { epochs: 8, hidden: [256, 128], optimizer: { name: "adam" }, augment: { shift: 2, rotate: 12, scale: 0.12 } },
    ],
  },
  {
    name: "Eight seeds as a band",
    about: "How much is chance: a population trains side by side and votes at the end",
    runs: [
      { epochs: 2, hidden: [64, 32], population: 8, optimizer: { name: "sgd", lr: 0.1 } },
      { epochs: 2, hidden: [64, 32], population: 8, optimizer: { name: "adam" } },
    ],
  },
];
