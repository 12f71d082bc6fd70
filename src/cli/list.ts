import { Command } from "commander";
import { readShader } from "#platform";
import { activationSource, activations } from "../nn/activation.ts";
import { activationShader } from "../nn/dense.ts";
import { inits } from "../nn/init/registry.ts";
import { losses } from "../nn/loss/registry.ts";
import { describeHyper, describeOptimizer, type HyperDescription, parseHeader } from "../optim/describe.ts";
import { optimizers } from "../optim/registry.ts";
import { describeSchedule } from "../optim/schedules/describe.ts";
import { schedules } from "../optim/schedules/registry.ts";
import { wrappers } from "../optim/wrappers.ts";
import { augmentations } from "../train/augmentField.ts";
import { suggest } from "../train/messages.ts";
import { regularisations } from "../train/regularisations.ts";

/** A hyper-parameter, or what a schedule has in its place. */
type Setting = Omit<HyperDescription, "default"> & { readonly default: number | boolean | string };

/** One thing of a section; each part is read off the code that does it. */
interface Entry {
  readonly name: string;
  /** One line: what sets it apart. */
  readonly summary: string;
  readonly formula: readonly string[];
  readonly hyper: readonly Setting[];
  /** Who published it where. */
  readonly source: string;
  /** What is told only of an entry that is asked for by name. */
  readonly more: readonly string[];
  /** All of it, for `--json`. */
  readonly object: object;
}

/** A kind of thing that a recipe can name. */
interface Section {
  readonly name: string;
  /** How its entries are ordered and used. */
  readonly about: string;
  entries(): readonly Entry[];
}

/** Each kind in the order of the list. A further kind is one more of these. */
const SECTIONS: readonly Section[] = [
  {
    name: "optimizers",
    about: "by rising complexity; x is a parameter, g its gradient, t the step from 1: --optimizer NAME:key=value,...",
    entries: () =>
      optimizers.map((optimizer) => {
        const object = describeOptimizer(optimizer);
        const { about, note, state, possibleState, extraState, shader } = object;
        const kept = possibleState.map((slot) => (state.includes(slot) ? slot : `${slot} (with some settings)`));
        return {
          ...object,
          more: [
            note === "" ? about : `${about} ${note}`,
            kept.length > 0
              ? `state of each parameter: ${kept.join(", ")}`
              : extraState.length > 0
                ? "no state of each parameter"
                : "no state",
            ...(extraState.length > 0 ? [`kept beside: ${extraState.join(", ")}`] : []),
            shader,
          ],
          object,
        };
      }),
  },
  {
    name: "schedules",
    about:
      "by rising complexity; x is the scheduled value, t the step from 0, T the run's length: --schedule NAME:key=value,... " +
      "(in any: warmup=STEPS of a climb in front, from whose end t and T count; by=epoch to count epochs)",
    entries: () =>
      schedules.map((schedule) => {
        const object = describeSchedule(schedule);
        const settings = object.parameters.map((one) => ({
          ...one,
          default: one.default ?? (one.required ? "required" : "-"),
        }));
        const isShared = ({ name }: Setting) => name === "warmup" || name === "by";
        return {
          ...object,
          formula: [object.formula],
          hyper: settings.filter((one) => !isShared(one)),
          more: settings.filter(isShared).map(({ name, description, range }) => `${name}: ${description} (${range})`),
          object,
        };
      }),
  },
  {
    name: "wrappers",
    about: "around any optimizer, as in --lookahead k=5,alpha=0.5; of those that are evaluated one at a time",
    entries: () =>
      wrappers.map(({ name, summary, shader: file, settings }) => {
        const shader = `shaders/${file}`;
        const { about, note, formula, source } = parseHeader(readShader(file), shader);
        const usual = settings.parse({}) as Record<string, Setting["default"]>;
        const hyper = describeHyper(settings).map((one) => ({ ...one, default: usual[one.name] ?? one.default }));
        const object = { name, summary, formula, note, source, hyper, shader };
        return { ...object, more: [about, note, shader], object };
      }),
  },
  {
    name: "activations",
    about: "by rising complexity; z is the sum of a layer's inputs, y what it gives: --activation NAME",
    entries: () =>
      activations.map(({ name, gradientOf }) => {
        const shader = `shaders/${activationShader(name)}`;
        const { about, note, formula, source } = parseHeader(activationSource(name), shader);
        const object = { name, summary: about, formula, note, source, gradientOf, shader };
        return { ...object, hyper: [], more: [note, shader], object };
      }),
  },
  {
    name: "losses",
    about: "of outputs z and a sample's label or targets t, mean over the samples of a step: --loss NAME:key=value,...",
    entries: () =>
      losses.map(({ name, summary, shader: file, parameters, targets }) => {
        const shader = `shaders/${file}`;
        const { about, note, formula, source } = parseHeader(readShader(file), shader);
        const hyper = describeHyper(parameters);
        const object = { name, summary, formula, note, source, hyper, targets, shader };
        return { ...object, more: [about, note, `targets: ${targets.join(", or ")}`, shader], object };
      }),
  },
  {
    name: "inits",
    about: "starts of the weights w [outputs, inputs]: --init NAME:key=value,...",
    entries: () =>
      inits.map(({ name, summary, formula, source, parameters }) => {
        const hyper = describeHyper(parameters);
        const object = { name, summary, formula, hyper, source };
        return { ...object, formula: [formula], more: [], object };
      }),
  },
  {
    name: "augmentations",
    about: "random changes of training images, in this order, anew in each step: --augment key=value,...",
    entries: () =>
      augmentations.map(({ name, summary, formula, source, settings }) => {
        const shader = `shaders/data/augment/${name}.wgsl`;
        const object = { name, summary, formula, hyper: describeHyper(settings), source, shader };
        return { ...object, formula: [formula], more: [shader], object };
      }),
  },
  {
    name: "regularisations",
    about:
      "in the order in which they act; g is a gradient, w a weight, y a label: --max-norm X, or --mixup key=value,... " +
      "(weight decay is an optimizer's own)",
    entries: () =>
      regularisations.map(({ name, summary, formula, source, settings, shaders: files }) => {
        const hyper = describeHyper(settings);
        const shaders = files.map((file) => `shaders/${file}`);
        const isGiven = (value: unknown) => !Number.isNaN(value);
        const given = hyper.map(({ default: usual, ...one }) => ({
          ...one,
          ...(isGiven(usual) && { default: usual }),
        }));
        const object = { name, summary, formula, hyper: given, source, shaders };
        const settled = hyper.map((one) => ({ ...one, default: isGiven(one.default) ? one.default : "-" }));
        return { ...object, hyper: settled, more: shaders, object };
      }),
  },
];

/** `downhill list` */
export function listCommand(): Command {
  const names = SECTIONS.map(({ name }) => name);
  const command = new Command("list");
  return command
    .argument("[NAME]", `${names.join(", ")}, or one entry's name, to see it in full`)
    .description("list what a recipe can name: formula, hyper-parameters with defaults, paper")
    .option("--json", "print one JSON line")
    .addHelpText("after", "\nExamples:\n  downhill list\n  downhill list optimizers --json\n  downhill list adam")
    .action((name: string | undefined, { json }: { json?: boolean }) => {
      const sections = SECTIONS.filter((section) => name === undefined || section.name === name);
      if (sections.length > 0) {
        const all = sections.map((section) => ({ ...section, entries: section.entries() }));
        const text = all.map(({ name, about, entries }) => [`${name}, ${about}`, ...entries.map(short)].join("\n\n"));
        const object = Object.fromEntries(all.map(({ name, entries }) => [name, entries.map((entry) => entry.object)]));
        process.stdout.write(json ? `${JSON.stringify(object)}\n` : `${text.join("\n\n")}\n`);
        return;
      }
      const entries = SECTIONS.flatMap((section) => section.entries());
      // One name may stand in two sections.
      const found = entries.filter((entry) => entry.name === name);
      const [first, ...more] = found;
      if (!first) {
        const known = [...names, ...entries.map((entry) => entry.name)];
        command.error(`nothing is named "${name}"${suggest(`${name}`, known)}; there is ${known.join(", ")}`, {
          exitCode: 2,
        });
        return;
      }
      const object = more.length === 0 ? first.object : found.map((entry) => entry.object);
      process.stdout.write(json ? `${JSON.stringify(object)}\n` : `${found.map(full).join("\n\n")}\n`);
    });
}

const WIDTH = 100;

/** An entry in the list. */
function short({ name, summary, formula, hyper, source }: Entry): string {
  return [
    `${name}: ${summary}`,
    ...formula.map((line) => `      ${line}`),
    ...table(hyper.map(({ name, default: standard, description }) => [name, print(standard), description])),
    ...wrap(source),
  ].join("\n");
}

/** An entry by itself. */
function full(entry: Entry): string {
  const { hyper, more } = entry;
  const ranged = hyper.map((one) => ({ ...one, description: `${one.description} (${one.range})` }));
  return [short({ ...entry, hyper: ranged }), ...more.flatMap(wrap)].join("\n");
}

/** A default as a flag would give it: `1e-6`, not `0.000001`. */
function print(value: number | boolean | string): string {
  if (typeof value === "string") return value;
  const isPlain = typeof value === "boolean" || value === 0 || (value >= 1e-3 && value < 1e6);
  return isPlain ? `${value}` : value.toExponential().replace("+", "");
}

/** Rows as lines, columns aligned. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

/** A text as indented lines. */
function wrap(text: string): string[] {
  return (text.match(new RegExp(`.{1,${WIDTH}}(?:\\s+|$)`, "g")) ?? [text]).map((line) => `  ${line.trimEnd()}`);
}
