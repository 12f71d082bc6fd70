import { findLoss, losses } from "../nn/loss/registry.ts";
import { bareNamedField } from "./namedField.ts";
import type { Fault } from "./scheduleField.ts";

/** A loss's name with its parameters. */
export type LossSetting = { readonly name: string; readonly [parameter: string]: string | number };

/** A loss in a recipe: its name alone, or with parameters; what is left out takes the loss's default. */
export const lossField = bareNamedField<LossSetting>(
  losses.map(({ name }) => name),
  (name) => findLoss(name)?.parameters,
);

/** Whether a loss is of values rather than classes, where a table can give either. */
export const tellsValues = ({ name }: Pick<LossSetting, "name">): boolean =>
  findLoss(name)?.targets.includes("values") ?? false;

/** What a recipe's other fields ask of its loss in vain. */
export function lossFaults(recipe: { readonly loss: LossSetting; readonly label_smoothing: number }): readonly Fault[] {
  const { name } = recipe.loss;
  if (recipe.label_smoothing === 0 || findLoss(name)?.softens) return [];
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
