/** The peers inside the page that chromium.ts opens; it calls `globalThis.peers`. */
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-webgpu";
import { loadDataset, type RunEvent, readSafetensors, train } from "../../src/index.ts";
import { jax } from "./jax.ts";
import type { Peer } from "./peer.ts";
import { tfjs } from "./tfjs.ts";
import { normalise, type Settings, type Work } from "./work.ts";

const INIT = "init.safetensors";

/** What chromium.ts calls in the page. */
export interface PagePeers {
  /** Loads the data. `bounded`: steps for the peers that are slow on a software adapter. */
  open(settings: Settings, bounded: number): Promise<void>;
  prepare(name: string): Promise<string>;
  epoch(name: string): ReturnType<Peer["epoch"]>;
}

async function read(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

declare global {
  var peers: PagePeers;
}

const all = new Map<string, Peer>();

async function open(settings: Settings, bounded: number): Promise<void> {
  const access = { read, exists: async (path: string) => !path.endsWith(".gz"), mnistFolder: () => "mnist" };
  const dataset = await loadDataset("mnist", access);
  const order = new Uint32Array((await read("order.u32")).buffer);
  const initFrom = { file: INIT, contents: readSafetensors(await read(INIT), INIT) };
  const init = Object.fromEntries(
    [...initFrom.contents.tensors].map(([name, { shape, data }]) => [
      name,
      { shape, data: Float32Array.from(data as Float32Array) },
    ]),
  );
  const work: Work = {
    ...settings,
    images: normalise(dataset.train.images),
    labels: dataset.train.labels,
    order,
    init,
  };
  const few: Work = { ...work, steps: bounded };
  const adapter = await adapterName();
  const threads = crossOriginIsolated ? `${navigator.hardwareConcurrency}` : "1, the page is not isolated";
  const list = [
    tfjs(few, { name: "TensorFlow.js WebGPU", backend: "webgpu", ownGradient: false, runsOn: async () => adapter }),
    jax("jax-js WebGPU", "WebGPU", few, () => adapter),
    jax("jax-js WASM", "WASM", work, () => "SIMD, threads: 1"),
    jax("jax-js WASM, workers", "WASM workers", work, () => `SIMD, threads: ${threads}`),
    downhill(work, (steps) => train({ steps, batch_size: work.batchSize }, { dataset, order, initFrom })),
  ];
  for (const peer of list) all.set(peer.name, peer);
}

/** The engine of the page, by its own clock: from the first submit to the last result. */
function downhill({ steps }: Work, run: (steps: number) => ReturnType<typeof train>): Peer {
  return {
    name: "Downhill",
    steps,
    async prepare() {
      return ((await find(1, "start")).adapter as { name: string }).name;
    },
    async epoch() {
      const done = await find(steps, "done");
      if (done.steps !== steps) throw new Error(`Downhill trained ${done.steps} steps in place of ${steps}.`);
      return { seconds: done.seconds.train, loss: done.models[0]?.train_loss ?? Number.NaN };
    },
  };

  /** The first event of that kind of a whole run. */
  async function find<K extends RunEvent["event"]>(steps: number, kind: K): Promise<Extract<RunEvent, { event: K }>> {
    let found: RunEvent | undefined;
    for await (const event of run(steps)) if (event.event === kind) found ??= event;
    if (!found) throw new Error(`Downhill's run has no event ${kind}.`);
    return found as Extract<RunEvent, { event: K }>;
  }
}

/** The adapter that every library gets from this browser. */
async function adapterName(): Promise<string> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("This browser has no WebGPU adapter.");
  const { description, device, vendor, architecture } = adapter.info;
  return description || device || `${vendor} ${architecture}`;
}

function find(name: string): Peer {
  const peer = all.get(name);
  if (!peer) throw new Error(`The page has no peer ${name}.`);
  return peer;
}

const api: PagePeers = { open, prepare: (name) => find(name).prepare(), epoch: (name) => find(name).epoch() };
globalThis.peers = api;
