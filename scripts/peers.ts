import { loadavg } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { downhill, softwareAdapters } from "./peers/downhill.ts";
import { createJob } from "./peers/job.ts";
import { median, type Peer, type Result } from "./peers/peer.ts";
import { tfjs, tfjsTuned } from "./peers/tfjs.ts";

interface Options {
  readonly rounds: number;
  readonly epochs: number;
  readonly steps?: number;
  readonly adapter: string[];
  readonly json?: true;
}

interface Row {
  readonly name: string;
  readonly runsOn: string;
  /** Seconds an epoch in each round. */
  readonly seconds: number[];
  readonly median: number;
  readonly loss: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be a whole number of at least 1.");
  return value;
}

/** Runs all peers in turn, round after round, so that a busy spell of the machine meets all of them. */
async function measure(peers: readonly Peer[], rounds: number, epochsOfWork: number): Promise<Row[]> {
  const runsOn: string[] = [];
  for (const peer of peers) runsOn.push(await peer.prepare());
  const results: Result[][] = peers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, peer] of peers.entries()) {
      const result = await peer.epoch();
      results[i]?.push(result);
      const load = loadavg()[0]?.toFixed(1);
      console.error(`round ${round + 1}: ${peer.name}, ${runsOn[i]}: ${result.seconds.toFixed(2)} s (load ${load})`);
    }
  }
  return peers.map(({ name }, i) => {
    const seconds = (results[i] ?? []).map((result) => result.seconds / epochsOfWork);
    return {
      name,
      runsOn: runsOn[i] ?? "",
      seconds,
      median: median(seconds),
      loss: results[i]?.at(-1)?.loss ?? Number.NaN,
    };
  });
}

/** A line a peer: seconds an epoch, how many times as long as each of the `baselines`, loss. */
function table(rows: readonly Row[], baselines: readonly Row[]): string {
  const head = ["peer", "s/epoch", "min", "max", ...baselines.map((_, i) => `/ (${i + 1})`), "loss", "runs on"];
  const body = rows.map((row, i) => [
    `(${i + 1}) ${row.name}`,
    row.median.toFixed(2),
    Math.min(...row.seconds).toFixed(2),
    Math.max(...row.seconds).toFixed(2),
    ...baselines.map((base) => (row.median / base.median).toFixed(2)),
    row.loss.toFixed(5),
    row.runsOn,
  ]);
  const lines = [head, ...body];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, c) => cell.padEnd(widths[c] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

async function main(options: Options): Promise<void> {
  const adapters = options.adapter.length > 0 ? options.adapter : await softwareAdapters();
  const job = createJob(options);
  try {
    const baselines = [tfjs(job), tfjsTuned(job)];
    const peers = [...baselines, ...adapters.map((adapter) => downhill(job, adapter))];
    const rows = await measure(peers, options.rounds, job.steps / job.stepsPerEpoch);
    if (options.json) {
      console.log(JSON.stringify({ steps: job.steps, rounds: options.rounds, peers: rows }));
    } else {
      console.log(`MNIST, ${job.sizes.join("-")}, batch ${job.batchSize}, Adam ${job.lr}, ${job.steps} steps.`);
      console.log(`Seconds an epoch of ${job.stepsPerEpoch} steps: the median of ${options.rounds}, interleaved.\n`);
      console.log(table(rows, rows.slice(0, baselines.length)));
    }
  } finally {
    job.remove();
  }
}

const program = new Command("peers")
  .description("Trains MNIST with TensorFlow.js on WASM and with Downhill, and compares seconds an epoch.")
  .option("--rounds <n>", "how often each trains; medians are taken over the rounds", positive, 3)
  .option("--epochs <n>", "epochs each time", positive, 1)
  .option("--steps <n>", "steps each time, in place of epochs", positive)
  .option("--adapter <text...>", "adapters for Downhill, by part of the name (default: every software adapter)", [])
  .option("--json", "print one JSON line");

await main(program.parse().opts<Options>()).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
