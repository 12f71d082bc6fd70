import { AXES, type Axis } from "../history.ts";
import type { State } from "../model.ts";
import { SMOOTHINGS } from "../url.ts";
import { h } from "./dom.ts";

/** Train, pause, step, reset, and how the curves are drawn. */
export function showToolbar(root: HTMLElement, state: State): void {
  const train = h("button", { type: "button", className: "primary", id: "train" });
  const step = h("button", { type: "button", id: "step", title: "one step of each run" }, "Step");
  const reset = h("button", { type: "button", id: "reset", title: "all runs back to their start" }, "Reset");
  train.addEventListener("click", () => (state.isPlaying ? state.pause() : state.play()));
  step.addEventListener("click", () => state.step());
  reset.addEventListener("click", () => state.reset());

  const bar = h("progress", { max: 1, value: 0, attrs: { "aria-label": "Share of all steps that is done" } });
  const figures = h("p", { className: "figures" });

  const axes = h(
    "fieldset",
    { className: "choice" },
    h("legend", {}, "Against"),
    AXES.map((axis) => {
      const input = h("input", { type: "radio", name: "axis", value: axis, id: `axis-${axis}` });
      input.addEventListener("change", () => state.draws(axis, state.smoothing));
      return h("span", {}, input, h("label", { htmlFor: `axis-${axis}` }, axis));
    }),
  );
  const smoothing = h("input", {
    type: "range",
    id: "smoothing",
    min: "0",
    max: String(SMOOTHINGS.length - 1),
    step: "1",
  });
  const smoothed = h("output", { attrs: { for: "smoothing" } });
  smoothing.addEventListener("input", () => state.draws(state.axis, SMOOTHINGS[Number(smoothing.value)] ?? 0));
  root.append(
    h("div", { className: "buttons" }, train, step, reset),
    h("div", { className: "doing" }, bar, figures),
    axes,
    h("div", { className: "smoothing" }, h("label", { htmlFor: "smoothing" }, "Smoothing"), smoothing, smoothed),
  );

  const update = () => {
    const trainable = state.runs.filter(({ status }) => status !== "failed" && status !== "recorded");
    const isOver = trainable.length > 0 && trainable.every(({ status }) => status === "done");
    train.textContent = state.isPlaying ? "Pause" : isOver ? "Train again" : "Train";
    train.setAttribute("aria-keyshortcuts", "Space");
    const isReady = state.device.state === "ready";
    train.disabled = !isReady || trainable.length === 0;
    step.disabled = !isReady || state.isPlaying || trainable.length === 0 || isOver;
    reset.disabled = !state.runs.some(({ history, status }) => history.step > 0 || status === "failed");
    const total = trainable.reduce((sum, { steps }) => sum + steps, 0);
    const done = trainable.reduce((sum, { history }) => sum + history.step, 0);
    bar.value = total > 0 ? Math.min(1, done / total) : 0;
    for (const input of axes.querySelectorAll("input")) input.checked = (input.value as Axis) === state.axis;
    smoothing.value = String(Math.max(0, (SMOOTHINGS as readonly number[]).indexOf(state.smoothing)));
    const words = state.smoothing === 0 ? "none" : `${state.smoothing} steps`;
    smoothed.textContent = words;
    smoothing.setAttribute("aria-valuetext", words);
    figures.replaceChildren(...figuresOf(state));
  };
  for (const topic of ["playing", "device", "runs", "curves", "setting"] as const) state.on(topic, update);
  update();
}

/** Throughput and time a step of the run that is selected. */
function figuresOf({ selected }: State): Node[] {
  if (!selected?.samplesPerSecond || !selected.secondsPerStep) return [h("span", {}, "not trained yet")];
  const { samplesPerSecond, secondsPerStep, history, steps, stepsPerEpoch } = selected;
  const figure = (value: string, unit: string) => h("span", {}, h("b", {}, value), ` ${unit}`);
  const milliseconds = 1000 * secondsPerStep;
  return [
    figure(history.step.toLocaleString("en"), `of ${steps.toLocaleString("en")} steps`),
    figure((history.step / stepsPerEpoch).toFixed(1), "epochs"),
    figure(Math.round(samplesPerSecond).toLocaleString("en"), "images/s"),
    figure(milliseconds < 10 ? milliseconds.toFixed(2) : milliseconds.toFixed(0), "ms a step"),
  ];
}
