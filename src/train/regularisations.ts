import { z } from "zod";
import { fields } from "./fields.ts";
import { gradientNoiseField, mixupField } from "./regularisationFields.ts";

/** A field of a recipe that regularises, in words. */
export interface Regularisation {
  /** The field's name; the flag is the same with dashes. */
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  readonly formula: readonly string[];
  readonly source: string;
  /** What a recipe gives: the field itself, or what is inside it. */
  readonly settings: z.ZodType;
  /** The files with its mathematics, under shaders/. */
  readonly shaders: readonly string[];
}

const itself = (...names: (keyof typeof fields)[]) =>
  z.object(Object.fromEntries(names.map((name) => [name, fields[name]])));

/** Each in the order in which they act in a step. */
export const regularisations: readonly Regularisation[] = [
  {
    name: "mixup",
    summary: "mixes the samples of a batch and their labels in pairs, by one share a step; hits count the first label",
    formula: ["x <- m x + (1 - m) x'", "loss = m CE(z, y) + (1 - m) CE(z, y'),  m ~ Beta(alpha, alpha)"],
    source: "Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization",
    settings: mixupField,
    shaders: ["data/mix.wgsl", "loss/mixed_labels.wgsl"],
  },
  {
    name: "dropout",
    summary: "sets outputs of hidden layers to 0 in training, and scales the others up",
    formula: ["y = x m / (1 - dropout),  m = 0 with probability dropout, else 1"],
    source:
      "Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting; as torch.nn.Dropout",
    settings: itself("dropout"),
    shaders: ["nn/dropout.wgsl"],
  },
  {
    name: "label_smoothing",
    summary: "divides a share of the target among all classes",
    formula: ["t[c] = (1 - s) [c == y] + s / classes"],
    source: "Szegedy et al. 2016, Rethinking the Inception Architecture; as torch.nn.CrossEntropyLoss",
    settings: itself("label_smoothing"),
    shaders: ["loss/label_smoothing.wgsl"],
  },
  {
    name: "accumulate",
    summary:
      "one step from the mean gradient of several batches, in the memory of one; batch norm takes each by itself",
    formula: ["g = (g_1 rows_1 + ... + g_N rows_N) / (rows_1 + ... + rows_N)"],
    source: "as loss / N and a step every N batches in PyTorch",
    settings: itself("accumulate"),
    shaders: ["nn/keep_gradient.wgsl"],
  },
  {
    name: "l1",
    summary: "a penalty on the size of weights, which makes many of them 0; biases and norms' parameters are spared",
    formula: ["g <- g + l1 sign(w),  sign(0) = 0"],
    source: "Tibshirani 1996, Regression Shrinkage and Selection via the Lasso",
    settings: itself("l1"),
    shaders: ["optim/l1.wgsl"],
  },
  {
    name: "clip_value",
    summary: "keeps each gradient between two bounds",
    formula: ["g <- min(max(g, -clip_value), clip_value)"],
    source: "as torch.nn.utils.clip_grad_value_",
    settings: itself("clip_value"),
    shaders: ["optim/clip_value.wgsl"],
  },
  {
    name: "clip_norm",
    summary: "shrinks all gradients together where their norm is too large",
    formula: ["g <- g min(1, clip_norm / (|g| + 1e-6))"],
    source:
      "Pascanu, Mikolov and Bengio 2013, On the Difficulty of Training Recurrent Neural Networks; as " +
      "torch.nn.utils.clip_grad_norm_",
    settings: itself("clip_norm"),
    shaders: ["optim/gradient_norm.wgsl", "optim/clip_norm.wgsl"],
  },
  {
    name: "gradient_noise",
    summary: "adds normal noise to gradients, less from step to step",
    formula: ["g <- g + n,  n ~ N(0, eta / (1 + t)^gamma),  t the step from 0"],
    source: "Neelakantan et al. 2015, Adding Gradient Noise Improves Learning for Very Deep Networks",
    settings: gradientNoiseField,
    shaders: ["optim/gradient_noise.wgsl"],
  },
  {
    name: "max_norm",
    summary: "bounds the norm of each unit's incoming weights after each step",
    formula: ["w <- w min(1, max_norm / |w|),  w a row of a weight matrix"],
    source:
      "Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting; as " +
      "keras.constraints.MaxNorm",
    settings: itself("max_norm"),
    shaders: ["optim/weight_norms.wgsl", "optim/max_norm.wgsl"],
  },
];
