import type { Plan } from "../train/plan.ts";

/** Names that a line has room for. */
const SHOWN = 12;

const list = (names: readonly string[]) =>
  names.length > SHOWN ? `${names.slice(0, SHOWN).join(", ")}, ... (${names.length})` : names.join(", ");

/** What a plan's table holds, a line a thing; nothing where its data are images. */
export function tableLines({ data }: Plan): string[] {
  const { table, trainCount, testCount, validationCount } = data;
  if (!table) return [];
  const { features, target } = table;
  const held = validationCount ? `, ${validationCount} for validation` : "";
  const constant = features.filter(({ deviation }) => deviation === 0).map(({ name }) => name);
  const told =
    target.kind === "classes"
      ? `classes of ${target.name}: ${list(target.classes)}`
      : `values of ${list(target.columns.map(({ name }) => name))}, standardised for the loss`;
  return [
    `rows: ${trainCount} to train on${held}, ${testCount} to test`,
    `features: ${list(features.map(({ name }) => name))}`,
    ...(constant.length > 0 ? [`constant in training, and so left out: ${list(constant)}`] : []),
    told,
  ];
}
