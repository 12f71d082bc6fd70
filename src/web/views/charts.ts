import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Axis, Curve } from "../history.ts";
import type { PageRun, State } from "../model.ts";
import { lookOf } from "../palette.ts";
import { ACCURACIES, errorOf, errorRange, logRange, roundOnly, shortly } from "./chartScales.ts";
import { h, throttled } from "./dom.ts";

/** A chart's curve of a run. */
type CurveOf = (run: PageRun, axis: Axis, smoothing: number) => Curve;

interface ChartKind {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly curve: CurveOf;
  /** `log`: logarithmic; `error`: by the logarithm of what is missing to 1, as that is what training works off. */
  readonly scale: "log" | "error";
  readonly points: boolean;
}

const X_LABELS: Readonly<Record<Axis, string>> = { steps: "steps", epochs: "epochs", seconds: "seconds of training" };

const KINDS: readonly ChartKind[] = [
  {
    id: "loss",
    title: "Training loss",
    about: "cross-entropy of each batch before its step",
    curve: ({ history, stepsPerEpoch }, axis, smoothing) => history.losses(axis, stepsPerEpoch, smoothing),
    scale: "log",
    points: false,
  },
  {
    id: "accuracy",
    title: "Test accuracy",
    about: "share of the 10,000 test digits that are right",
    curve: ({ history, stepsPerEpoch }, axis) => history.accuracies(axis, stepsPerEpoch),
    scale: "error",
    points: true,
  },
  {
    id: "test-loss",
    title: "Test loss",
    about: "cross-entropy of the test digits",
    curve: ({ history, stepsPerEpoch }, axis) => history.testLosses(axis, stepsPerEpoch),
    scale: "log",
    points: true,
  },
  {
    id: "rate",
    title: "Learning rate",
    about: "as schedule and hand move it",
    curve: ({ history, stepsPerEpoch }, axis) => history.rates(axis, stepsPerEpoch),
    scale: "log",
    points: false,
  },
];

/** Milliseconds from one drawing of the curves to the next, at least. */
const DRAW_EVERY = 120;

/** The charts of all runs. */
export function showCharts(root: HTMLElement, state: State): void {
  const charts = KINDS.map((kind) => createChart(root, kind, state));
  const draw = throttled(() => {
    for (const chart of charts) chart.draw();
  }, DRAW_EVERY);
  const rebuild = () => {
    for (const chart of charts) chart.rebuild();
  };
  for (const topic of ["curves", "selection", "playing"] as const) state.on(topic, draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", rebuild);
  document.addEventListener("themechange", rebuild);
  new ResizeObserver(() => {
    for (const chart of charts) chart.resize();
  }).observe(root);
  draw();
}

function createChart(root: HTMLElement, kind: ChartKind, state: State) {
  const holder = h("div", { className: "plot" });
  const empty = h("p", { className: "plot-empty" }, "Press Train.");
  const figure = h(
    "figure",
    { className: `chart chart-${kind.id}`, attrs: { "aria-label": kind.title } },
    h("figcaption", {}, h("strong", {}, kind.title), " ", h("span", {}, kind.about)),
    h("div", { className: "plot-box" }, holder, empty),
  );
  root.append(figure);
  let plot: uPlot | undefined;
  let key = "";

  const sizeOf = () => ({ width: Math.max(200, holder.clientWidth), height: Math.max(140, holder.clientHeight) });
  const build = (runs: readonly PageRun[], data: uPlot.AlignedData) => {
    plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--muted").trim();
    const grid = style.getPropertyValue("--line").trim();
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const series: uPlot.Series[] = [{ label: X_LABELS[state.axis] }];
    const bands: uPlot.Band[] = [];
    for (const run of runs) {
      const { colour, dash, letter } = lookOf(run.place);
      const common = { spanGaps: true, points: { show: false } };
      if (run.history && isBand(run)) {
        bands.push({ series: [series.length + 1, series.length], fill: `${colour}30` });
        series.push({ ...common, label: `${letter} least`, width: 0, stroke: "transparent" });
        series.push({ ...common, label: `${letter} most`, width: 0, stroke: "transparent" });
      }
      const isSelected = run === state.selected;
      const width = isSelected ? 2.6 : 1.6;
      const points = { show: kind.points, size: isSelected ? 6 : 5, fill: colour, stroke: colour };
      series.push({ ...common, points, label: letter, stroke: colour, dash: [...dash], width });
    }
    plot = new uPlot(
      {
        ...sizeOf(),
        padding: [8, 12, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 7 } },
        scales: { x: { time: false }, y: kind.scale === "log" ? { distr: 3, range: logRange } : { range: errorRange } },
        axes: [
          { ...axis, size: 30, label: X_LABELS[state.axis], labelSize: 18, labelFont: "12px system-ui", labelGap: 0 },
          kind.scale === "log"
            ? {
                ...axis,
                size: 58,
                grid: { ...axis.grid, filter: roundOnly },
                filter: roundOnly,
                values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : shortly(tick))),
              }
            : {
                ...axis,
                size: 58,
                splits: (_, __, least, most) => ACCURACIES.map(errorOf).filter((at) => at >= least && at <= most),
                values: (_, ticks) => ticks.map((tick) => `${Number((100 * (1 - 10 ** -tick)).toFixed(2))} %`),
              },
        ],
        series,
        bands,
      },
      data,
      holder,
    );
  };
  const draw = () => {
    const runs = state.runs.filter((run) => !run.hidden && run.history.step + run.history.evaluations.length > 0);
    const curves = runs.map((run) => kind.curve(run, state.axis, state.smoothing));
    const isEmpty = curves.every(({ x }) => x.length === 0);
    empty.hidden = !isEmpty;
    holder.hidden = isEmpty;
    empty.textContent = state.isPlaying ? "Soon." : "Press Train.";
    if (isEmpty) {
      plot?.destroy();
      plot = undefined;
      key = "";
      return;
    }
    const tables = runs.map((run, i): uPlot.AlignedData => {
      const { x, y, least, most } = curves[i] as Curve;
      const clean = (values: number[]) =>
        values.map((value) => {
          if (!Number.isFinite(value)) return null;
          return kind.scale === "error" ? errorOf(value) : value > 0 ? value : null;
        });
      return isBand(run) ? [x, clean(least), clean(most), clean(y)] : [x, clean(y)];
    });
    const data = tables.length === 1 ? (tables[0] as uPlot.AlignedData) : uPlot.join(tables);
    const now = [state.axis, state.selected?.id, ...runs.map((run) => `${run.id}${isBand(run)}`)].join();
    if (plot && now === key) plot.setData(data);
    else build(runs, data);
    key = now;
  };
  return {
    draw,
    rebuild: () => {
      key = "";
      draw();
    },
    resize: () => plot?.setSize(sizeOf()),
  };
}

const isBand = ({ recipe }: PageRun) => (recipe.vary?.values.length ?? recipe.population) > 1;
