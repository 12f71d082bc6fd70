import type { EChartsOption } from "echarts";
import { BASE, MUTED, TEXT } from "../report/charts/theme.ts";
import { renderSvg } from "../report/render.ts";
import { heatMap } from "./heatMap.ts";
import type { SettingResult } from "./results.ts";
import { curves, scatters } from "./sensitivity.ts";
import type { Figure } from "./trials.ts";
import { type SweepValue, valueText } from "./values.ts";

/** Room for a chart in a figure, in pixels. */
export interface Panel {
  readonly option: EChartsOption;
  readonly width: number;
  readonly height: number;
}

/** Pixels of a letter of the second title, at most on average. */
const WIDTH_OF_LETTER = 6.8;

/** What figures draw of a setting. */
export interface Drawn {
  readonly values: Readonly<Record<string, SweepValue>>;
  /** The figure that settings are compared by; accuracy in per cent. */
  readonly figure: number;
  /** Those of its seeds. */
  readonly seeds: readonly number[];
  /** Whether it ran to its end. */
  readonly done: boolean;
}

/** How a figure is called, with its unit. */
export const figureName = (by: Figure): string => (by === "val_loss" ? "validation loss" : "validation accuracy, %");

/** Most lines of a figure with one number against another setting's values. */
const MOST_LINES = 7;

/**
 * Draws what a sweep found: a curve where one number varies (a line for each value of another setting), a heat map where two
 * do, else dots against each number. An SVG document; undefined where no number varies.
 * @param title says what was trained, and on which adapter
 */
export async function drawSweep(
  results: readonly SettingResult[],
  by: Figure,
  title: { text: string; subtext: string },
): Promise<string | undefined> {
  const drawn = results
    .filter(({ fate }) => fate !== "not run")
    .map(({ values, fate, trials, ...own }): Drawn => {
      const show = (value: number) => (by === "val_accuracy" ? 100 * value : value);
      return { values, figure: show(own[by]), seeds: trials.map((trial) => show(trial[by])), done: fate === "done" };
    });
  const paths = Object.keys(results[0]?.values ?? {});
  const listed = (path: string) => [...new Set(drawn.map(({ values }) => valueText(values[path] ?? null)))];
  const varying = paths.filter((path) => listed(path).length > 1);
  const numeric = varying.filter((path) => drawn.every(({ values }) => typeof values[path] === "number"));
  const others = varying.filter((path) => !numeric.includes(path));
  const isGrid = drawn.length === varying.reduce((product, path) => product * listed(path).length, 1);
  const [x, y] = numeric;
  if (x === undefined) return undefined;
  const [other] = others;
  const lines = other === undefined ? 1 : listed(other).length;
  const panel =
    numeric.length === 1 && others.length <= 1 && lines <= MOST_LINES
      ? curves(drawn, x, other, by)
      : numeric.length === 2 && y !== undefined && others.length === 0 && isGrid
        ? heatMap(drawn, x, y, by)
        : scatters(drawn, numeric, by);
  const head = {
    ...title,
    left: 64,
    top: 6,
    itemGap: 4,
    textStyle: { fontSize: 16, color: TEXT },
    subtextStyle: { color: MUTED, fontSize: 12 },
  };
  const width = Math.max(panel.width, head.left + WIDTH_OF_LETTER * title.subtext.length);
  return renderSvg({ ...panel, width, option: { ...BASE, ...panel.option, title: head } }, "#ffffff");
}
