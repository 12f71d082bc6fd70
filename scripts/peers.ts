import { availableParallelism, cpus, loadavg } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { median } from "../src/gpu/timing.ts";
import { chromiumPeers } from "./peers/chromium.ts";
import { adapterNames, downhill, referenceLoss } from "./peers/downhill.ts";
import { createJob, type Job } from "./peers/job.ts";
import { nodePeers } from "./peers/node.ts";
import type { Peer, Result } from "./peers/peer.ts";
import { torchPeers } from "./peers/pytorch.ts";
import { disagreements, type Row, table } from "./peers/table.ts";

interface Options {
  readonly rounds: number;
  readonly epochs: number;
  readonly steps?: number;
  readonly adapter: string[];
  readonly only: string[];
  readonly python?: string;
  readonly browser: boolean;
  readonly browserSteps?: number;
  readonly browserHardware?: true;
  readonly json?: true;
}

/** Of peers that need minutes for an epoch: the other libraries' WebGPU on SwiftShader. */
const FEW_STEPS = 60;

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be a whole number of at least 1.");
  return value;
}

/** The peers of this machine whose names hold one of `only`, if anything stands there. */
async function choosePeers(job: Job, adapters: readonly string[], options: Options): Promise<Peer[]> {
  const hardware = options.browserHardware === true;
  const steps = Math.min(options.browserSteps ?? (hardware ? job.steps : FEW_STEPS), job.steps);
  const all = [
    ...nodePeers(job),
    ...(await torchPeers(job, options.python)),
    ...adapters.map((adapter) => downhill(job, adapter)),
    ...(options.browser ? chromiumPeers(job, { steps, hardware }) : []),
  ];
  const wanted = options.only.map((text) => text.toLowerCase());
  const chosen = all.filter(
    ({ name }) => wanted.length === 0 || wanted.some((text) => name.toLowerCase().includes(text)),
  );
  if (chosen.length === 0) throw new Error(`--only: there are ${all.map(({ name }) => name).join("; ")}.`);
  return chosen;
}

/** Runs all peers in turn, round after round, so that a busy spell of the machine meets all of them. */
async function measure(
  job: Job,
  peers: readonly Peer[],
  references: ReadonlyMap<number, number>,
  rounds: number,
): Promise<Row[]> {
  const runsOn: string[] = [];
  for (const peer of peers) runsOn.push(await peer.prepare());
  const results: Result[][] = peers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, peer] of peers.entries()) {
      const result = await peer.epoch();
      results[i]?.push(result);
      const load = loadavg()[0]?.toFixed(1);
      const what = `${peer.name}, ${runsOn[i]}: ${peer.steps} steps in ${result.seconds.toFixed(2)} s`;
      console.error(`round ${round + 1}: ${what} (load ${load})`);
    }
  }
  return peers.map(({ name, steps, baseline }, i) => {
    const seconds = (results[i] ?? []).map((result) => (result.seconds * job.stepsPerEpoch) / steps);
    const loss = results[i]?.at(-1)?.loss ?? Number.NaN;
    return {
      name,
      runsOn: runsOn[i] ?? "",
      steps,
      ...(baseline !== undefined && { baseline }),
      seconds,
      median: median(seconds),
      loss,
      reference: references.get(steps) ?? Number.NaN,
    };
  });
}

/** Downhill's loss after each number of steps that a peer trains. */
async function referenceLosses(job: Job, peers: readonly Peer[], adapter: string): Promise<Map<number, number>> {
  const losses = new Map<number, number>();
  for (const steps of new Set(peers.map((peer) => peer.steps))) {
    losses.set(steps, await referenceLoss(job, adapter, steps));
  }
  return losses;
}

async function main(options: Options): Promise<void> {
  const adapters = options.adapter.length > 0 ? options.adapter : await adapterNames();
  const job = createJob(options);
  let peers: Peer[] = [];
  try {
    peers = await choosePeers(job, adapters, options);
    const references = await referenceLosses(job, peers, adapters[0] as string);
    const rows = await measure(job, peers, references, options.rounds);
    const problems = disagreements(rows);
    if (options.json) {
      console.log(JSON.stringify({ steps: job.steps, rounds: options.rounds, disagreements: problems, peers: rows }));
    } else {
      console.log(`MNIST, ${job.sizes.join("-")}, batch ${job.batchSize}, Adam ${job.lr}.`);
      console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores; Node ${process.version}.`);
      console.log(`Seconds an epoch of ${job.stepsPerEpoch} steps, from runs of as many steps as the row says:`);
      console.log(`the median of ${options.rounds} rounds, interleaved, then the fastest and the slowest.\n`);
      console.log(table(rows));
      console.log(problems.length === 0 ? "\nAll losses agree." : "");
    }
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) process.exitCode = 1;
  } finally {
    for (const peer of peers) await peer.close?.();
    job.remove();
  }
}

const program = new Command("peers")
  .description("Trains MNIST with other libraries and with Downhill, and compares seconds an epoch.")
  .option("--rounds <n>", "how often each trains; medians are taken over the rounds", positive, 3)
  .option("--epochs <n>", "epochs each time", positive, 1)
  .option("--steps <n>", "steps each time, in place of epochs", positive)
  .option("--adapter <text...>", "adapters for Downhill in Node, by part of the name (default: all)", [])
  .option("--only <text...>", "peers, by part of the name (default: all)", [])
  .option("--python <file>", "a Python that has torch (default: $PYTHON, python3, /usr/bin/python3)")
  .option("--no-browser", "leave out what runs in Chromium")
  .option(
    "--browser-steps <n>",
    "steps of the other libraries' WebGPU (default: 60 on SwiftShader, else all)",
    positive,
  )
  .option("--browser-hardware", "Chromium's own choice of adapter, in place of SwiftShader")
  .option("--json", "print one JSON line");

await main(program.parse().opts<Options>()).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
