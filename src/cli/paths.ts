import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { writeFileAtomic } from "#platform";
import { openGpu } from "../gpu/device.ts";
import { jsonLine } from "../io/runLog.ts";
import { PATH_RATES, type Path, tracePaths } from "../lab/paths.ts";
import { drawPaths } from "../lab/pathsFigure.ts";
import { type TestFunction, testFunctions } from "../lab/testFunctions.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { optimizers } from "../optim/registry.ts";
import { suggest } from "../train/messages.ts";
import { adapterSummary } from "../train/trainer.ts";
import { addAdapterOption } from "./recipeOptions.ts";
import { parseCount } from "./values.ts";

interface PathsFlags {
  readonly adapter: string;
  readonly out: string;
  readonly functions: readonly TestFunction[];
  readonly optimizers: readonly Optimizer[];
  readonly steps: number;
  readonly json?: boolean;
}

/** `downhill paths` */
export function pathsCommand(): Command {
  const functionNames = testFunctions.map(({ name }) => name).join(",");
  return addAdapterOption(new Command("paths"))
    .description("draw the paths of optimizers on functions of two variables, run by the real kernels")
    .option("--out <FILE.svg>", "where the picture goes", parseFile, "paths.svg")
    .option("--functions <NAMES>", `some of ${functionNames} (default: all)`, parseNames(testFunctions))
    .option("--optimizers <NAMES>", "some optimizers, such as adam,sgd (default: all)", parseNames(optimizers))
    .option("--steps <N>", "steps of a path", parseCount, 300)
    .option("--json", "print nothing but the paths, as one JSON line")
    .addHelpText(
      "after",
      `
Each optimizer takes the learning rate of ${PATH_RATES.join(", ")} whose path ends lowest.

Examples:
  downhill paths
  downhill paths --optimizers sgd,momentum,adam --functions rosenbrock --steps 1000 --out valley.svg`,
    )
    .action((flags: Partial<PathsFlags>) => paths({ functions: testFunctions, optimizers, ...flags } as PathsFlags));
}

async function paths(flags: PathsFlags): Promise<void> {
  const { out, functions, steps, json } = flags;
  const folder = await stat(dirname(out)).catch(() => undefined);
  if (!folder?.isDirectory()) throw new Error(`--out ${out}: there is no folder ${dirname(out)}; make it first`);
  const say = (text: string) => json || process.stdout.write(text);
  const gpu = await openGpu(flags.adapter);
  try {
    say(`adapter      ${gpu.adapter.name}${gpu.note ? `\n             (${gpu.note})` : ""}\n`);
    say(`${steps} steps: where the best of ${PATH_RATES.length} learning rates ends\n\n`);
    say(row(["", ...functions.map(({ title }) => title)]));
    const found: Path[] = [];
    for (const optimizer of flags.optimizers) {
      const own = await tracePaths(gpu, optimizer, functions, steps);
      found.push(...own);
      say(row([optimizer.name, ...own.map(ending)]));
    }
    const { name } = gpu.adapter;
    await writeFileAtomic(out, await drawPaths(functions, found, { steps, grid: PATH_RATES, adapter: name }));
    say(`\npicture in ${out}\n`);
    if (json)
      process.stdout.write(`${jsonLine({ adapter: adapterSummary(gpu), steps, grid: PATH_RATES, paths: found })}\n`);
  } finally {
    gpu.destroy();
  }
}

function row([name = "", ...cells]: readonly string[]): string {
  return `${name.padEnd(22)}${cells.map((cell) => cell.padEnd(30)).join("")}`.trimEnd().concat("\n");
}

function ending({ lr, value, leftAt }: Path): string {
  const rate = lr === undefined ? "" : ` at lr ${lr}`;
  return `${leftAt === undefined ? short(value) : `left at step ${leftAt}`}${rate}`;
}

/** 0.00005 as `5.0e-5`. */
const short = (value: number) =>
  value === 0 || value >= 1e-3 ? `${Number(value.toPrecision(2))}` : value.toExponential(1);

/** Names with commas between them, as what they name: in the list's order, each once. */
function parseNames<T extends { readonly name: string }>(known: readonly T[]): (text: string) => readonly T[] {
  const names = known.map(({ name }) => name);
  return (text) => {
    const given = text.split(",");
    const unknown = given.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new InvalidArgumentError(
        `nothing is named "${unknown}"${suggest(unknown, names)}; there is ${names.join(", ")}, several of them with commas`,
      );
    }
    return known.filter(({ name }) => given.includes(name));
  };
}

function parseFile(text: string): string {
  if (!text.endsWith(".svg")) throw new InvalidArgumentError("its name must end in .svg");
  return text;
}
