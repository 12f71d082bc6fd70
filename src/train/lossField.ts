import { z } from "zod";
import { findLoss, losses } from "../nn/loss/registry.ts";
import { plainly } from "./messages.ts";
import type { Fault } from "./scheduleField.ts";

/** A loss's name with its parameters. */
export type LossSetting = { readonly name: string; readonly [parameter: string]: string | number };

/** A loss in a recipe: its name alone, or with parameters; what is left out takes the loss's default. */
export const lossField = z.preprocess(
  (given) => (typeof given === "string" ? { name: given } : given),
  z.looseObject({ name: z.enum(losses.map(({ name }) => name)) }).transform(({ name, ...given }, context) => {
    const parsed = findLoss(name)?.parameters.safeParse(given, { error: plainly });
    if (parsed?.success) return { name, ...parsed.data } as LossSetting;
    context.issues.push(...(parsed?.error.issues ?? []).map((issue) => ({ ...issue, input: given }) as never));
    return z.NEVER;
  }),
);

/** What a recipe's other fields ask of its loss in vain. */
export function lossFaults(recipe: { readonly loss: LossSetting; readonly label_smoothing: number }): readonly Fault[] {
  const { name } = recipe.loss;
  if (recipe.label_smoothing === 0 || name === "cross_entropy") return [];
  const why = {
    mse: "of values there are no labels, and a one-hot target's length would change with it",
    hinge: "its margin is between the label and all other classes, of which none is a target in part",
    focal: "it weighs a sample by the probability of one label, and a smoothed target has several",
  }[name];
  return [
    {
      path: ["label_smoothing"],
      message: `smooths the targets of cross_entropy, and the loss is ${name} (${why}): leave it out`,
    },
  ];
}
