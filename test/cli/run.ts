import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll } from "vitest";
import { idxImages, idxLabels } from "../data/idxBytes.ts";
import { integers } from "../reference/random.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** What a process left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  kill(signal: NodeJS.Signals): void;
  /** Goes away as the reader of its output, after the first line. */
  closeOutput(): Promise<Finished>;
  readonly finished: Promise<Finished>;
}

/** Starts the real command line, from its sources, in a folder. */
export function start(folder: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, ["--conditions=downhill-source", "--import", TSX, MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: undefined },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 50_000,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return {
    kill: (signal) => child.kill(signal),
    closeOutput() {
      child.stdout.once("data", () => child.stdout.destroy());
      return finished;
    },
    finished,
  };
}

/** Runs a command to its end. */
export const downhill = (folder: string, ...args: readonly string[]): Promise<Finished> =>
  start(folder, ...args).finished;

/** Waits until something holds; fails after half a minute. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const begun = performance.now();
  while (!holds()) {
    if (performance.now() - begun > 30_000) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A folder for the tests of a file, gone after them, with a small data set in `data/`. */
export function testFolder(train = 300, test = 100): string {
  const folder = mkdtempSync(join(tmpdir(), "downhill-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  writeDataset(join(folder, "data"), train, test);
  return folder;
}

/** Four IDX files of ten noisy patterns, which a network learns in a few steps. */
function writeDataset(folder: string, train: number, test: number): void {
  mkdirSync(folder);
  const patterns = integers(10 * 784, 1, 2);
  for (const [name, count, seed] of [
    ["train", train, 2],
    ["t10k", test, 3],
  ] as const) {
    const labels = Array.from(integers(count, seed, 10));
    const noise = integers(count * 784, seed + 2, 256);
    const images = idxImages(count);
    labels.forEach((label, sample) => {
      for (let i = 0; i < 784; i++) {
        const grey = noise[sample * 784 + i] as number;
        images[16 + sample * 784 + i] = grey % 2 === 0 ? grey : 255 * (patterns[label * 784 + i] as number);
      }
    });
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), images);
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), idxLabels(labels));
  }
}

/** The events of a run log. */
export function readLog(file: string): Record<string, unknown>[] {
  const text = readFileSync(file, "utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
}

/** A log's events without what differs from run to run: where it was resumed, and times. */
export function comparable(file: string): Record<string, unknown>[] {
  return readLog(file).flatMap(({ seconds: _, ...event }) => (event.event === "start" ? [] : [event]));
}

/** The free strings of a safetensors file. */
export function readMetadata(file: string): Record<string, string> {
  const bytes = readFileSync(file);
  const header = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString("utf8");
  return (JSON.parse(header) as { __metadata__: Record<string, string> }).__metadata__;
}
