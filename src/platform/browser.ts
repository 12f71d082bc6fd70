/** The platform in a browser; node.ts exports the same names. */
import {
  type AdapterEntry,
  type AdapterOptions,
  type ChosenAdapter,
  CSV_OPTIONS,
  type CsvRecord,
  chooseAdapter,
  type LineWriter,
  limitsOf,
  noAdapter,
  PlatformError,
  type TextCache,
} from "./types.ts";

export {
  type AdapterEntry,
  AdapterError,
  type AdapterOptions,
  type ChosenAdapter,
  type CsvRecord,
  type LineWriter,
  PlatformError,
  type TextCache,
} from "./types.ts";

/** What a page may ask for: a browser hands out adapters by these wishes and lists none. */
const WISHES: readonly GPURequestAdapterOptions[] = [
  { powerPreference: "high-performance" },
  { powerPreference: "low-power" },
  { forceFallbackAdapter: true },
];

const ADVICE =
  "Use a browser with WebGPU (https://caniuse.com/webgpu) with hardware acceleration on, over https or localhost.";

/** The adapters that this browser gives away, each once. */
export async function listAdapters(): Promise<AdapterEntry[]> {
  return (await openAll()).map(({ entry }) => entry);
}

/**
 * An adapter that no device was opened on yet.
 * @param choice `auto` takes hardware, else software; `hardware` and `software` take the first of that kind; anything else
 * is a part of a name, in any case
 * @throws AdapterError where none fits, with the list of those there are
 */
export async function requestAdapter(choice = "auto", _options: AdapterOptions = {}): Promise<ChosenAdapter> {
  const opened = await openAll();
  const entries = opened.map(({ entry }) => entry);
  const best = chooseAdapter(entries, choice);
  const chosen = opened.find(({ entry }) => entry === best);
  if (!chosen) throw noAdapter(choice, entries, entries.length === 0 ? ADVICE : "");
  if (chosen.entry.kind === "hardware" || choice !== "auto") return chosen;
  return { ...chosen, note: `no GPU was found: running on the CPU with ${chosen.entry.name}` };
}

async function openAll(): Promise<{ adapter: GPUAdapter; entry: AdapterEntry }[]> {
  const opened: { adapter: GPUAdapter; entry: AdapterEntry }[] = [];
  for (const wish of WISHES) {
    const adapter = await navigator.gpu?.requestAdapter(wish);
    if (!adapter) continue;
    const entry = describe(adapter);
    if (!opened.some(({ entry: { name } }) => name === entry.name)) opened.push({ adapter, entry });
  }
  return opened;
}

function describe(adapter: GPUAdapter): AdapterEntry {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  return {
    // Browsers leave out what would identify a machine.
    name: description || device || [vendor, architecture].filter(Boolean).join(" ") || "unnamed adapter",
    vendor,
    architecture,
    kind: isFallbackAdapter ? "software" : "hardware",
    driver: "",
    backend: "webgpu",
    bundled: false,
    features: [...adapter.features].sort(),
    limits: limitsOf(adapter.limits),
  };
}

// The path is relative to this file, which lies as deep in src/ as its compiled form in dist/.
const shaders = import.meta.glob<string>("../../shaders/**/*.wgsl", { query: "?raw", import: "default", eager: true });

/**
 * The text of a WGSL file.
 * @param path under shaders/, such as "nn/dense_forward.wgsl"
 * @throws PlatformError where there is none
 */
export function readShader(path: string): string {
  const text = shaders[`../../shaders/${path}`];
  if (text === undefined) throw new PlatformError(`shaders/${path}: no such file or folder`);
  return text;
}

/** Read access to files by URL, relative to the page. */
export const files = {
  /** A file's bytes. Rejects with a PlatformError that names the file. */
  async read(url: string): Promise<Uint8Array<ArrayBuffer>> {
    const response = await fetch(url).catch((error: Error) => {
      throw new PlatformError(`${url}: ${error.message}`, { cause: error });
    });
    if (!response.ok) throw new PlatformError(`${url}: the server answers ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  },

  async exists(url: string): Promise<boolean> {
    const response = await fetch(url, { method: "HEAD" }).catch(() => undefined);
    // A development server answers an unknown path with the page itself.
    return response?.ok === true && !response.headers.get("content-type")?.includes("text/html");
  },

  /** The folder with MNIST's four IDX files: where the page's server has them. */
  mnistFolder(): string {
    return "mnist";
  },
};

/** Takes a CSV text apart by the package csv-parse, in the form that brings a Buffer along. Rejects with its error. */
export async function parseCsv(text: string, delimiter: string): Promise<readonly CsvRecord[]> {
  const { parse } = await import("csv-parse/browser/esm/sync");
  return parse(text, { ...CSV_OPTIONS, delimiter }) as unknown as CsvRecord[];
}

/** Not available in a browser: throws. */
export async function writeFileAtomic(path: string, _content: Uint8Array | string): Promise<void> {
  throw unavailable(`writing ${path}`);
}

/** Not available in a browser: throws. */
export function openLines(path: string): LineWriter {
  throw unavailable(`writing ${path}`);
}

/** Not available in a browser: throws. */
export async function makeRunFolder(path = "a run's folder"): Promise<string> {
  throw unavailable(`making ${path}`);
}

/** What a page without storage keeps: as long as it is open. */
const memory = new Map<string, string>();

/** Texts in the page's local storage, under `downhill/NAME`; private windows and frames may have none. */
export const cache: TextCache = {
  async read(name) {
    return storedText(name);
  },

  async update(name, change) {
    const text = change(storedText(name));
    memory.set(name, text);
    try {
      localStorage.removeItem(`downhill/${name}`); // an old text must not stand where the new one finds no room
      localStorage.setItem(`downhill/${name}`, text);
    } catch {
      // No storage, or it is full: the memory has it.
    }
  },
};

function storedText(name: string): string | undefined {
  try {
    return localStorage.getItem(`downhill/${name}`) ?? memory.get(name);
  } catch {
    return memory.get(name);
  }
}

const manifest = import.meta.glob<string>("../../package.json", { import: "version", eager: true });

/** The version of this package. */
export function packageVersion(): string {
  return Object.values(manifest)[0] ?? "";
}

/** Not available in a browser: undefined. */
export function openCLibrary(): undefined {
  return undefined;
}

function unavailable(what: string): PlatformError {
  return new PlatformError(`${what} is not available in a browser: pass data to the page instead`);
}
