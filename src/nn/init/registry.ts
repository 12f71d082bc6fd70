import { z } from "zod";
import { constant, defineInit, fans, gain, type Init, normal, uniform } from "./init.ts";
import { orthogonal } from "./orthogonal.ts";

const none = z.strictObject({});
const GLOROT = 'Glorot and Bengio 2010, "Understanding the Difficulty of Training Deep Feedforward Neural Networks"';
const HE = 'He et al. 2015, "Delving Deep into Rectifiers"';
const XAVIER_GAIN = "1 for sigmoid and identity, 5/3 for tanh";
const KAIMING_GAIN = "sqrt(2) for relu, 1 for the identity";

/** Every way to start the weights of a network, the default first. */
export const inits: readonly Init[] = [
  defineInit({
    name: "default",
    summary: "PyTorch's for Linear: keeps a third of the variance; biases likewise",
    formula: "w, bias ~ uniform(-b, b),  b = 1 / sqrt(inputs)",
    source: 'LeCun et al. 1998, "Efficient BackProp"; as torch.nn.Linear',
    parameters: none,
    fill: (place) => [uniform(place, 1 / Math.sqrt(fans(place.tensor).fanIn))],
    biasBound: (inputs) => 1 / Math.sqrt(inputs),
  }),
  defineInit({
    name: "xavier_uniform",
    summary: "keeps the variance both ways, for tanh and sigmoid",
    formula: "w ~ uniform(-b, b),  b = gain sqrt(6 / (inputs + outputs));  bias = 0",
    source: `${GLOROT}; as torch.nn.init.xavier_uniform_`,
    parameters: gain(1, XAVIER_GAIN),
    fill: (place, parameters) => [uniform(place, Math.sqrt(3) * xavierDeviation(place.tensor, parameters))],
  }),
  defineInit({
    name: "xavier_normal",
    summary: "the same by normal numbers",
    formula: "w ~ normal(0, s^2),  s = gain sqrt(2 / (inputs + outputs));  bias = 0",
    source: `${GLOROT}; as torch.nn.init.xavier_normal_`,
    parameters: gain(1, XAVIER_GAIN),
    fill: (place, parameters) => [normal(place, xavierDeviation(place.tensor, parameters))],
  }),
  defineInit({
    name: "kaiming_uniform",
    summary: "keeps the variance through relu, which halves it",
    formula: "w ~ uniform(-b, b),  b = gain sqrt(3 / inputs);  bias = 0",
    source: `${HE}; as torch.nn.init.kaiming_uniform_`,
    parameters: gain(Math.SQRT2, KAIMING_GAIN),
    fill: (place, { gain }) => [uniform(place, gain * Math.sqrt(3 / fans(place.tensor).fanIn))],
  }),
  defineInit({
    name: "kaiming_normal",
    summary: "the same by normal numbers",
    formula: "w ~ normal(0, s^2),  s = gain / sqrt(inputs);  bias = 0",
    source: `${HE}; as torch.nn.init.kaiming_normal_`,
    parameters: gain(Math.SQRT2, KAIMING_GAIN),
    fill: (place, { gain }) => [normal(place, gain / Math.sqrt(fans(place.tensor).fanIn))],
  }),
  defineInit({
    name: "lecun_normal",
    summary: "keeps the variance through linear layers, and through selu",
    formula: "w ~ normal(0, 1 / inputs);  bias = 0",
    source: 'LeCun et al. 1998, "Efficient BackProp"',
    parameters: none,
    fill: (place) => [normal(place, 1 / Math.sqrt(fans(place.tensor).fanIn))],
  }),
  defineInit({
    name: "truncated_normal",
    summary: "one deviation for all layers, without outliers",
    formula: "w ~ normal(0, std^2), drawn again beyond 2 std;  bias = 0",
    source: "as torch.nn.init.trunc_normal_ with a = -2 std and b = 2 std",
    parameters: z.strictObject({ std: z.number().positive().default(0.02).describe("deviation before the cut") }),
    fill: (place, { std }) => [normal(place, std, true)],
  }),
  defineInit({
    name: "orthogonal",
    summary: "rows, or columns where they are fewer, at right angles and of one length",
    formula: "w w^T = gain^2 I, or w^T w;  bias = 0",
    source:
      'Saxe, McClelland and Ganguli 2014, "Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural ' +
      'Networks"; as torch.nn.init.orthogonal_',
    parameters: gain(1, "the length of each"),
    fill: (place, { gain }) => orthogonal(place, gain),
  }),
  defineInit({
    name: "zeros",
    summary: "all outputs of a layer stay alike: to see why a start must be random",
    formula: "w = 0,  bias = 0",
    source: "as torch.nn.init.zeros_",
    parameters: none,
    fill: (place) => [constant(place, 0)],
  }),
  defineInit({
    name: "constant",
    summary: "one value for all weights, with the same fault",
    formula: "w = value,  bias = 0",
    source: "as torch.nn.init.constant_",
    parameters: z.strictObject({ value: z.number().min(-10).max(10).default(0.01).describe("of every weight") }),
    fill: (place, { value }) => [constant(place, value)],
  }),
];

function xavierDeviation(tensor: Parameters<typeof fans>[0], parameters: { readonly gain: number }): number {
  const { fanIn, fanOut } = fans(tensor);
  return parameters.gain * Math.sqrt(2 / (fanIn + fanOut));
}

/** A start by its name. */
export function findInit(name: string): Init | undefined {
  return inits.find((init) => init.name === name);
}
