import "./strict.ts";
import { jsonLine } from "../io/runLog.ts";
import { readSafetensors, writeSafetensors } from "../io/safetensors.ts";
import type { Entry } from "./engine/entries.ts";
import { sampleOf } from "./engine/insight.ts";
import { createLab } from "./engine/lab.ts";
import { parsePageRecipe } from "./pageRecipe.ts";
import { type Report, type Request, requestSchema, type View } from "./protocol.ts";

/** The worker: a device, all runs on it, and one loop that does what the page asks for and trains in between. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  postMessage(message: Report): void;
}
const scope = globalThis as unknown as WorkerScope;
const post = (report: Report) => scope.postMessage(report);
const lab = createLab(post);

/** Looking takes at most one part in so many of the time, while runs train. */
const LOOK_SHARE = 6;
const LEAST_BETWEEN_LOOKS = 400;

let watched: { id: string; view: View; member: number } | undefined;
let drawing: Uint8Array | undefined;
let [lookedAt, lookCost] = [0, 0];
let [classifiedAt, classifyCost] = [0, 0];
/** What the page asked for, in order. */
const requests: Request[] = [];
let wake = () => {};

scope.onmessage = ({ data }) => {
  const parsed = requestSchema.safeParse(data);
  if (parsed.success) requests.push(parsed.data);
  else post({ type: "refused", message: `the page sent what is no request: ${parsed.error.issues[0]?.message}` });
  wake();
};

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function look(): Promise<void> {
  const entry = watched && lab.entries.get(watched.id);
  if (!watched || !entry) return;
  const { id, view, member } = watched;
  const run = await lab.ready(entry);
  if (!run || !entry.insight) return;
  const begun = performance.now();
  if (view === "layers" && lab.isPlaying && !run.isDone && !run.isEpochOver) {
    await entry.insight.follow(() => lab.step(entry));
  }
  const inspection = await entry.insight.look(view, member);
  post({ type: "inspected", id, member, step: run.step, inspection });
  lookedAt = performance.now();
  lookCost = lookedAt - begun;
}

async function classify(): Promise<void> {
  const begun = performance.now();
  for (const entry of lab.entries.values()) {
    if (!drawing) return;
    const run = await lab.ready(entry);
    if (!run || !entry.insight) continue;
    const probabilities = await entry.insight.classify(drawing);
    post({ type: "classified", id: entry.id, probabilities, classes: run.session.plan.data.classes });
  }
  classifiedAt = performance.now();
  classifyCost = classifiedAt - begun;
}

async function step(entry: Entry): Promise<void> {
  const run = await lab.ready(entry);
  const follows = watched?.id === entry.id && watched.view === "layers" && run && !run.isDone && !run.isEpochOver;
  if (follows && entry.insight) await entry.insight.follow(() => lab.step(entry));
  else await lab.step(entry);
}

async function save(id: string, what: "checkpoint" | "log"): Promise<void> {
  const entry = lab.entries.get(id);
  const contents = entry && (await lab.save(entry));
  if (!entry || !contents) throw new Error("there is nothing to save yet");
  const name = entry.recipe.name?.replace(/[^\w.-]+/g, "-") || `run-${id}`;
  if (what === "checkpoint") {
    const bytes = writeSafetensors(contents.tensors, contents.metadata);
    post({ type: "file", name: `${name}.safetensors`, kind: "application/octet-stream", bytes });
    return;
  }
  const text = entry.events.map((event) => `${jsonLine(event)}\n`).join("");
  post({ type: "file", name: `${name}.log.jsonl`, kind: "application/jsonl", bytes: new TextEncoder().encode(text) });
}

async function answer(request: Request): Promise<void> {
  switch (request.type) {
    case "open":
      return lab.open(request.adapter, request.base);
    case "set": {
      const { id, checkpoint } = request;
      const contents = checkpoint && readSafetensors(checkpoint.bytes, checkpoint.file);
      lab.set(id, parsePageRecipe(request.recipe), checkpoint && contents && { file: checkpoint.file, contents });
      // One that comes with weights shows what it is worth at once.
      const entry = lab.entries.get(id);
      if (entry?.from) await lab.ready(entry);
      return;
    }
    case "remove":
      return lab.remove(request.id);
    case "play":
      lab.isPlaying = true;
      return;
    case "pause":
      lab.isPlaying = false;
      await look();
      return classify();
    case "step":
      for (const entry of lab.entries.values()) await step(entry);
      await look();
      return classify();
    case "rate":
      return lab.setRate(request.id, request.lr);
    case "draw":
      drawing = request.image;
      return classify();
    case "watch": {
      const { id, view, member } = request;
      watched = id !== undefined && view !== undefined ? { id, view, member } : undefined;
      return look();
    }
    case "save":
      return save(request.id, request.what);
    case "digit": {
      const test = lab.dataset?.test;
      if (test) post({ type: "digit", sample: sampleOf(test, Math.floor(Math.random() * test.count)) });
    }
  }
}

/** A turn of training, and what the page wants to see beside it. */
async function train(): Promise<void> {
  const isLeft = await lab.turn();
  const now = performance.now();
  const isDue = (at: number, cost: number) => now - at > Math.max(LEAST_BETWEEN_LOOKS, LOOK_SHARE * cost);
  if (watched && (!isLeft || isDue(lookedAt, lookCost))) await look();
  if (drawing && (!isLeft || isDue(classifiedAt, classifyCost))) await classify();
  if (isLeft) return;
  lab.isPlaying = false;
  post({ type: "idle" });
}

async function loop(): Promise<never> {
  for (;;) {
    try {
      const request = requests.shift();
      if (request) await answer(request);
      else if (lab.isPlaying && lab.gpu) await train();
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } catch (error) {
      if (!lab.isLost) post({ type: "refused", message: messageOf(error) });
    }
    if (lab.isLost) await lab.recover();
    // Messages come in only between turns of the event loop.
    else if (lab.isPlaying) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

void loop();
