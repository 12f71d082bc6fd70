import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Job } from "./job.ts";
import type { Peer } from "./peer.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What of `downhill train --json` is read here. */
interface Summary {
  readonly adapter: { readonly name: string };
  readonly steps: number;
  readonly seconds: { readonly train: number };
  readonly models: readonly { readonly train_loss: number }[];
}

/** What of an entry of `downhill adapters --json` is read here. */
interface Adapter {
  readonly name: string;
}

/** Runs the command line in a process of its own, under the Node options of this one; its errors become ours. */
async function cli(...args: string[]): Promise<string> {
  const command = [...process.execArgv, join(root, "src/cli/main.ts"), ...args];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`downhill ${args.join(" ")} failed: ${stderr?.trim() || message}`);
  }
}

/** The names of this machine's adapters, hardware and software. */
export async function adapterNames(): Promise<string[]> {
  const listed = JSON.parse(await cli("adapters", "--json")) as Adapter[];
  const names = new Set(listed.map(({ name }) => name));
  if (names.size === 0) throw new Error("`downhill adapters` lists no adapter; see its message for how to get one.");
  return [...names];
}

async function train(job: Job, adapter: string, steps: number): Promise<Summary> {
  const out = mkdtempSync(join(job.folder, "run-"));
  const files = ["--order", job.orderFile, "--init-from", job.initFile, "--out", out];
  return JSON.parse(await cli("train", "--steps", `${steps}`, "--adapter", adapter, ...files, "--json")) as Summary;
}

/** Downhill on the adapter with that name. Its own clock counts: from the first submit to the last result. */
export function downhill(job: Job, adapter: string): Peer {
  return {
    name: "Downhill",
    steps: job.steps,
    async prepare() {
      const { adapter: used } = await train(job, adapter, 1);
      return used.name;
    },
    async epoch() {
      const { steps, seconds, models } = await train(job, adapter, job.steps);
      if (steps !== job.steps) throw new Error(`Downhill trained ${steps} steps in place of ${job.steps}.`);
      return { seconds: seconds.train, loss: models[0]?.train_loss ?? Number.NaN };
    },
  };
}

/** Downhill's mean loss of the last epoch after that many steps of the job: what all peers must agree with. */
export async function referenceLoss(job: Job, adapter: string, steps: number): Promise<number> {
  return (await train(job, adapter, steps)).models[0]?.train_loss ?? Number.NaN;
}
