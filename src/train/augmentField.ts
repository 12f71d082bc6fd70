import { z } from "zod";
import type { AugmentKind } from "../data/augment.ts";

const amount = z.number().min(0).default(0);

/** How training samples are changed at random: each anew in each step. What is left out is 0: none. */
export const augmentField = z.strictObject({
  shift: amount.describe("pixels to either side, along each axis"),
  rotate: z.number().min(0).max(180).default(0).describe("degrees to either side"),
  scale: z
    .number()
    .min(0)
    .lt(1, "must be at least 0 and below 1")
    .default(0)
    .describe("share of the size that it grows or shrinks by at most"),
  shear: amount.describe("pixels along x for a pixel along y, to either side"),
  elastic: amount.describe("pixels: standard deviation of an elastic displacement along each axis"),
  elastic_sigma: z.number().min(1).default(4).describe("pixels: deviation of the Gaussian that smooths it"),
  noise: amount.describe("standard deviation of normal noise, as a share of the greys' range"),
  erase: z.number().min(0).max(1).default(0).describe("probability that a rectangle is erased"),
});

/** The names of its settings. */
export const augmentFields: readonly string[] = Object.keys(augmentField.shape);

type Field = keyof typeof augmentField.shape;

/** A kind of change, in words. */
export interface Augmentation {
  readonly name: AugmentKind;
  /** One line: what it does to an image. */
  readonly summary: string;
  readonly formula: string;
  readonly source: string;
  /** Its settings in a recipe. */
  readonly settings: z.ZodType;
}

const pick = (...fields: Field[]) =>
  z.object(Object.fromEntries(fields.map((name) => [name, augmentField.shape[name]])));

/** The kinds in the order in which they act; WGSL under shaders/data/augment/NAME.wgsl. */
export const augmentations: readonly Augmentation[] = [
  {
    name: "affine",
    summary: "shifts, turns, scales and shears about the centre, each uniformly; bilinear, outside is background",
    formula: "out = c + t + s R(angle) [1 shear; 0 1] (in - c)",
    source: "as torchvision.transforms.RandomAffine, but shears by a factor, and shifts by pixels that are not rounded",
    settings: pick("shift", "rotate", "scale", "shear"),
  },
  {
    name: "elastic",
    summary: "moves each pixel by a smooth random field",
    formula: "in = out + d(out),  d uniform on nodes sqrt(3) sigma apart, smoothed by the cubic B-spline",
    source:
      "Simard et al. 2003, Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis; " +
      "there every pixel has a number and a Gaussian smooths them",
    settings: pick("elastic", "elastic_sigma"),
  },
  {
    name: "noise",
    summary: "adds normal noise to each grey",
    formula: "grey = clamp(grey + 255 noise n),  n standard normal",
    source: "as torchvision.transforms.v2.GaussianNoise",
    settings: pick("noise"),
  },
  {
    name: "erase",
    summary: "makes a rectangle of random place, area (2 to 33 %) and aspect (0.3 to 3.3) background",
    formula: "with probability erase: grey = 0 inside",
    source: "Zhong et al. 2020, Random Erasing Data Augmentation, AAAI; as torchvision.transforms.RandomErasing",
    settings: pick("erase"),
  },
];
