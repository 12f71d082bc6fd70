/**
 * Draws the README's picture from a run's log: training loss of each step, test accuracy after each epoch.
 *
 *   npm run figure -- runs/NAME docs/training.svg
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import * as echarts from "echarts";
import { type EvalEvent, parseRunLog, type StartEvent, type StepEvent } from "../src/io/runLog.ts";

const program = new Command("figure")
  .argument("<RUN>", "a run's folder")
  .argument("<FILE.svg>", "where the picture goes")
  .parse();
const [run, file] = program.args as [string, string];

const log = join(run, "log.jsonl");
const events = parseRunLog(readFileSync(log, "utf8"), log);
const start = events.find((event): event is StartEvent => event.event === "start");
const steps = events.filter((event): event is StepEvent => event.event === "step");
const evals = events.filter((event): event is EvalEvent => event.event === "eval");
const stepsPerEpoch = (evals[0]?.step ?? 1) / (evals[0]?.epoch ?? 1);
const models = [...new Set(evals.map(({ model }) => model))];
const last = evals.filter(({ step }) => step === evals.at(-1)?.step);
const accuracy = mean(last.map(({ test_accuracy = Number.NaN }) => test_accuracy));

// Okabe and Ito's colours, which colour-blind readers can tell apart.
const [BLUE, ORANGE] = ["#0072B2", "#D55E00"];
const TEXT = "#57606a";
const axis = {
  axisLabel: { color: TEXT },
  nameTextStyle: { color: TEXT },
  axisLine: { lineStyle: { color: "#8c959f" } },
};
const thin = (model: number) => (models.length > 1 && model > 0 ? 0.5 : 1);

/** Mean loss of every ten logged steps: single batches scatter too much to see the trend. */
function smoothed(own: readonly StepEvent[]): [epoch: number, loss: number][] {
  const window = 10;
  return own.slice(window - 1).map(({ step }, i) => {
    const losses = own.slice(i, i + window).map(({ loss }) => loss);
    return [(step - (losses.length / 2) * ((own[1]?.step ?? 0) - (own[0]?.step ?? 0))) / stepsPerEpoch, mean(losses)];
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 820, height: 380 });
chart.setOption({
  animation: false,
  backgroundColor: "#ffffff",
  textStyle: { fontFamily: "system-ui, sans-serif" },
  title: {
    text: `784-128-64-10 on MNIST: ${(100 * accuracy).toFixed(2)} % of the test digits after ${last[0]?.epoch} epochs`,
    subtext: `${models.length} seed${models.length > 1 ? "s" : ""}, Adam at 1e-3, batch 100; ${(start?.adapter as { name?: string } | undefined)?.name ?? ""}`,
    left: "center",
    textStyle: { fontSize: 16, color: "#1f2328" },
    subtextStyle: { color: TEXT },
  },
  legend: { bottom: 0, itemGap: 40, textStyle: { color: TEXT }, data: ["training loss (log scale)", "test accuracy"] },
  grid: { left: 64, right: 72, top: 72, bottom: 64 },
  xAxis: { type: "value", name: "epoch", nameLocation: "middle", nameGap: 26, min: 0, max: last[0]?.epoch, ...axis },
  yAxis: [
    { type: "log", name: "loss", min: 0.01, max: 3, splitLine: { lineStyle: { color: "#eaeef2" } }, ...axis },
    {
      type: "value",
      name: "accuracy",
      min: 0.92,
      max: 0.98,
      splitLine: { show: false },
      ...axis,
      axisLabel: { color: TEXT, formatter: (value: number) => `${(100 * value).toFixed(0)} %` },
    },
  ],
  series: models.flatMap((model) => [
    {
      name: "training loss (log scale)",
      type: "line",
      showSymbol: false,
      color: BLUE,
      lineStyle: { width: 2, opacity: thin(model) },
      data: smoothed(steps.filter((event) => event.model === model)),
    },
    {
      name: "test accuracy",
      type: "line",
      yAxisIndex: 1,
      color: ORANGE,
      symbol: "circle",
      symbolSize: 6,
      lineStyle: { width: 2, opacity: thin(model) },
      data: evals.filter((event) => event.model === model).map(({ epoch, test_accuracy }) => [epoch, test_accuracy]),
    },
  ]),
});
writeFileSync(file, chart.renderToSVGString());
chart.dispose(); // it would keep the process alive
process.stdout.write(`${file}: ${events.length} events of ${run}\n`);
