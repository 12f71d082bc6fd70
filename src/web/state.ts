import type { Recipe, RecipeInput } from "../train/recipe.ts";
import { createHistory } from "./history.ts";
import type { Device, Notice, Outlets, PageRun, State, Topic } from "./model.ts";
import { membersOf, parsePageRecipe, withRate } from "./pageRecipe.ts";
import { lookOf, MOST_RUNS } from "./palette.ts";
import type { Report, View } from "./protocol.ts";
import { shorten } from "./shorten.ts";
import { STANDARD } from "./url.ts";

/** A share of the new value in a running mean of speed. */
const FRESH = 0.3;
const TRAIN_COUNT = 60000;

/** The page's state, at its start without runs. */
export function createState({ send, file, digit }: Outlets): State {
  const listeners = new Map<Topic, (() => void)[]>();
  const emit = (...topics: Topic[]) => {
    for (const topic of topics) for (const listener of listeners.get(topic) ?? []) listener();
  };
  let runs: PageRun[] = [];
  let selected: string | undefined;
  let device: Device = { state: "opening", name: "" };
  let isPlaying = false;
  let { axis, smoothing } = STANDARD;
  let notice: Notice | undefined;
  let inspection: State["inspection"];
  let view: View | undefined;
  let member = 0;
  let next = 0;

  const find = (id: string) => runs.find((run) => run.id === id);
  const lengthOf = (recipe: Recipe) => {
    const held = recipe.validation ?? 0;
    const count = TRAIN_COUNT - (held < 1 ? Math.round(held * TRAIN_COUNT) : held);
    const stepsPerEpoch = recipe.batch_size === "full" ? 1 : Math.ceil(count / recipe.batch_size);
    return { stepsPerEpoch, steps: recipe.steps ?? recipe.epochs * stepsPerEpoch };
  };
  const fresh = (id: string, place: number, recipe: Recipe): PageRun => ({
    id,
    place,
    recipe,
    history: createHistory(membersOf(recipe)),
    status: "new",
    hidden: false,
    ...lengthOf(recipe),
  });
  const setRun = (run: PageRun, checkpoint?: { file: string; bytes: Uint8Array<ArrayBuffer> }) => {
    send({ type: "set", id: run.id, recipe: { ...shorten(run.recipe) }, ...(checkpoint && { checkpoint }) });
  };
  const place = () => Array.from({ length: MOST_RUNS }, (_, i) => i).find((i) => !runs.some((run) => run.place === i));
  const tell = (given: Notice | undefined) => {
    notice = given;
    emit("notice");
  };
  const addRun = (recipe: RecipeInput): PageRun | undefined => {
    const free = place();
    if (free === undefined) {
      tell({ kind: "error", text: `There are at most ${MOST_RUNS} runs: remove one first.` });
      return undefined;
    }
    const run = fresh(`run${next++}`, free, parsePageRecipe(recipe));
    runs = [...runs, run].sort((a, b) => a.place - b.place);
    selected = run.id;
    return run;
  };
  const restart = (run: PageRun, recipe = run.recipe) => {
    Object.assign(run, { ...fresh(run.id, run.place, recipe), hidden: run.hidden });
    run.message = undefined;
    run.ensemble = undefined;
    run.probabilities = undefined;
    setRun(run);
  };
  const sendWatch = () => {
    inspection = undefined;
    send({ type: "watch", member, ...(selected !== undefined && view && { id: selected, view }) });
    emit("inspection");
  };
  const setPlaying = (playing: boolean) => {
    isPlaying = playing;
    emit("playing", "runs");
  };
  const isEnded = ({ status }: PageRun) => status === "done" || status === "failed" || status === "recorded";

  const receive = (report: Report) => {
    switch (report.type) {
      case "ready":
        device = { state: "ready", ...report.adapter, ...(report.note !== undefined && { message: report.note }) };
        return emit("device");
      case "unavailable":
        device = { state: "unavailable", name: "", message: report.message };
        isPlaying = false;
        return emit("device", "playing");
      case "lost":
        device = { state: "lost", name: device.name, message: report.message };
        tell({ kind: "info", text: `${report.message} Opening it again; runs go on from their last checkpoint.` });
        return emit("device");
      case "idle":
        return setPlaying(false);
      case "refused":
        return tell({ kind: "error", text: report.message });
      case "file":
        return file(report.name, report.kind, report.bytes);
      case "digit":
        return digit(report.sample);
    }
    const run = find(report.id);
    if (!run) return;
    switch (report.type) {
      case "opened":
        run.status = "ready";
        run.steps = report.steps;
        run.stepsPerEpoch = report.stepsPerEpoch;
        run.parameters = report.parameters;
        run.kernels = report.kernels;
        // It may begin where a checkpoint was taken, now or again after a loss of the device.
        if (report.step !== run.history.step) {
          if (report.step < run.history.step) {
            const where = report.step === 0 ? "starts anew" : `goes on from step ${report.step}`;
            tell({ kind: "info", text: `The GPU is open again; run ${lookOf(run.place).letter} ${where}.` });
          }
          run.history.cut(report.step);
        }
        return emit("runs", "curves", "selection");
      case "trained": {
        run.history.add(report.first, report.losses, report.rates, report.seconds);
        const speed = report.samples / report.seconds;
        const perStep = report.seconds / Math.max(1, report.rates.length);
        run.samplesPerSecond = mix(run.samplesPerSecond, speed);
        run.secondsPerStep = mix(run.secondsPerStep, perStep);
        return emit("curves");
      }
      case "evaluated":
        run.history.evaluate(report.step, report.losses, report.accuracies);
        run.ensemble = report.ensemble;
        if (report.done) run.status = "done";
        return emit("curves", ...(report.done ? (["runs"] as const) : []));
      case "failed":
        run.status = "failed";
        run.message = report.message;
        return emit("runs", "selection");
      case "classified":
        run.probabilities = report.probabilities;
        return emit("drawing");
      case "inspected":
        if (report.id === selected && report.inspection.view === view) inspection = report;
        return emit("inspection");
    }
  };

  return {
    get runs() {
      return runs;
    },
    get selected() {
      return selected === undefined ? undefined : find(selected);
    },
    get device() {
      return device;
    },
    get isPlaying() {
      return isPlaying;
    },
    get axis() {
      return axis;
    },
    get smoothing() {
      return smoothing;
    },
    get notice() {
      return notice;
    },
    get inspection() {
      return inspection;
    },
    get view() {
      return view;
    },
    get member() {
      return member;
    },
    on(topic, listener) {
      listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
    },
    open(adapter, base) {
      device = { state: "opening", name: "" };
      send({ type: "open", adapter, base });
      emit("device");
    },
    replace(recipes) {
      for (const { id } of runs) send({ type: "remove", id });
      runs = [];
      for (const recipe of recipes) {
        const run = addRun(recipe);
        if (run) setRun(run);
      }
      selected = runs[0]?.id;
      if (isPlaying) {
        send({ type: "pause" });
        setPlaying(false);
      }
      sendWatch();
      emit("runs", "selection", "curves", "setting", "drawing");
    },
    add(recipe, checkpoint) {
      const run = addRun(recipe);
      if (!run) return undefined;
      if (checkpoint) run.status = "opening";
      setRun(run, checkpoint);
      sendWatch();
      emit("runs", "selection", "curves", "setting", "drawing");
      return run;
    },
    record(recipe, fill) {
      const run = addRun(recipe);
      if (!run) return undefined;
      run.status = "recorded";
      fill(run);
      sendWatch();
      emit("runs", "selection", "curves", "setting", "drawing");
      return run;
    },
    remove(id) {
      runs = runs.filter((run) => run.id !== id);
      send({ type: "remove", id });
      if (selected === id) selected = runs[0]?.id;
      sendWatch();
      emit("runs", "selection", "curves", "setting", "drawing");
    },
    select(id) {
      if (selected === id) return;
      selected = id;
      member = 0;
      sendWatch();
      emit("runs", "selection", "curves");
    },
    setHidden(id, hidden) {
      const run = find(id);
      if (run) run.hidden = hidden;
      emit("runs", "curves");
    },
    edit(id, input) {
      const run = find(id);
      if (!run) return;
      const recipe = parsePageRecipe(input);
      const { lr } = recipe.optimizer;
      const isBegun = run.status === "ready" && run.history.step > 0;
      const isRateAlone =
        typeof lr === "number" && JSON.stringify(withRate(run.recipe, lr)) === JSON.stringify(withRate(recipe, lr));
      if (isBegun && isRateAlone && recipe.vary === undefined) {
        run.recipe = recipe;
        send({ type: "rate", id, lr });
      } else if (run.status !== "recorded") restart(run, recipe);
      else run.recipe = recipe;
      emit("runs", "curves", "setting", "selection");
    },
    play() {
      if (runs.every(isEnded)) for (const run of runs) if (run.status === "done") restart(run);
      if (runs.every(isEnded)) return;
      send({ type: "play" });
      setPlaying(true);
      emit("curves");
    },
    pause() {
      send({ type: "pause" });
      setPlaying(false);
    },
    step() {
      send({ type: "step" });
    },
    reset() {
      send({ type: "pause" });
      for (const run of runs) if (run.status !== "recorded") restart(run);
      setPlaying(false);
      sendWatch();
      emit("curves", "selection", "drawing");
    },
    draw(image) {
      for (const run of runs) run.probabilities = undefined;
      send({ type: "draw", ...(image && { image }) });
      emit("drawing");
    },
    watch(wanted, of = 0) {
      view = wanted;
      member = of;
      sendWatch();
    },
    draws(wanted, steps) {
      axis = wanted;
      smoothing = steps;
      emit("curves", "setting");
    },
    save: (id, what) => send({ type: "save", id, what }),
    askDigit: () => send({ type: "digit" }),
    tell,
    receive,
  };
}

const mix = (old: number | undefined, value: number) =>
  old === undefined || !Number.isFinite(old) ? value : old + FRESH * (value - old);
