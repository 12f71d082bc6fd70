import { courseAt } from "../../optim/schedules/course.ts";
import { findSchedule } from "../../optim/schedules/registry.ts";
import type { PageRun } from "../model.ts";
import { lookOf } from "../palette.ts";
import { h } from "./dom.ts";

const POINTS = 160;
const SVG = "http://www.w3.org/2000/svg";

/** The learning rate over the whole run, as the schedule will move it: values at steps evenly apart, from the first. */
export function courseOf({
  recipe,
  steps,
  stepsPerEpoch,
}: Pick<PageRun, "recipe" | "steps" | "stepsPerEpoch">): number[] {
  const { schedule } = recipe;
  const base = Number(recipe.optimizer.lr);
  const found = schedule && findSchedule(schedule.name);
  return Array.from({ length: POINTS }, (_, i) => {
    const step = Math.round((i * Math.max(0, steps - 1)) / (POINTS - 1));
    return found && schedule ? courseAt(found, schedule, base, step, { steps, stepsPerEpoch }).value : base;
  });
}

/** The curve of the schedule, small. */
export function scheduleCurve(run: PageRun): HTMLElement {
  const values = courseOf(run);
  const most = Math.max(...values);
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 320 72");
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "polyline");
  const at = (value: number, i: number) =>
    `${((320 * i) / (POINTS - 1)).toFixed(1)},${(68 - (56 * value) / most).toFixed(2)}`;
  line.setAttribute("points", values.map(at).join(" "));
  drawing.append(line);
  const ends = `from ${brief(values[0])}, at most ${brief(most)}, at the end ${brief(values.at(-1))}`;
  return h(
    "figure",
    {
      className: "course",
      vars: { "--run": lookOf(run.place).colour },
      attrs: { "aria-label": `Learning rate: ${ends}` },
    },
    drawing,
    h("figcaption", {}, `lr over ${run.steps.toLocaleString("en")} steps: ${ends}`),
  );
}

const brief = (value = Number.NaN) => String(Number(value.toPrecision(3)));
