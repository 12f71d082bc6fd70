import { mebibytes } from "../gpu/buffers.ts";
import type { BenchResult } from "../lab/bench.ts";
import type { Axis, Growth, GrowthPoint } from "../lab/growth.ts";
import type { KernelTime } from "../lab/kernelTimes.ts";
import type { UpdateCost } from "../lab/updateCost.ts";

/** What each axis of growth makes larger, in words. */
export const AXES: Readonly<Record<Axis, string>> = {
  batch: "batch: samples a step",
  width: "width: two hidden layers of this width",
  population: "population: members trained side by side",
};

/** A column of a table: its head, its width (to the left where negative), and a row's text. */
interface Column<Row> {
  readonly head: string;
  readonly width: number;
  text(row: Row): string;
}

const KERNEL_COLUMNS = (step: number): Column<KernelTime>[] => [
  { head: "dispatch", width: -29, text: ({ label }) => label },
  { head: "a step", width: 6, text: ({ per_step }) => `${per_step}` },
  { head: "µs each", width: 10, text: ({ microseconds }) => digits(microseconds) },
  { head: "of a step", width: 9, text: (kernel) => percent(perStep(kernel) / step) },
  { head: "GFLOP/s", width: 9, text: ({ gflops }) => digits(gflops) },
  { head: "GB/s", width: 7, text: ({ gigabytes_per_second }) => digits(gigabytes_per_second) },
  { head: "of the peak", width: 11, text: ({ share_of_peak }) => percent(share_of_peak) },
  { head: "  shader", width: -1, text: ({ shader }) => `  ${shader}` },
];

const GROWTH_COLUMNS: Column<BenchResult>[] = [
  { head: "s an epoch", width: 11, text: ({ seconds_per_epoch }) => digits(seconds_per_epoch) },
  { head: "images/s", width: 12, text: ({ images_per_second }) => thousands(images_per_second) },
  { head: "µs a step", width: 12, text: ({ microseconds_per_step: step }) => thousands(step) },
  { head: "dispatches", width: 10, text: ({ dispatches_per_step }) => `${dispatches_per_step}` },
  { head: "GFLOP/s", width: 9, text: ({ gflops }) => digits(gflops) },
  { head: "of the peak", width: 11, text: ({ share_of_peak }) => percent(share_of_peak) },
  { head: "buffers", width: 12, text: ({ bytes }) => mebibytes(bytes) },
  { head: "compile s", width: 9, text: ({ compile_seconds }) => compile_seconds.toFixed(2) },
  { head: "  most time in", width: -1, text: ({ kernels }) => `  ${slowest(kernels)}` },
];

const UPDATE_COLUMNS: Column<UpdateCost>[] = [
  { head: "optimizer", width: -20, text: ({ optimizer }) => optimizer },
  { head: "dispatches", width: 10, text: ({ dispatches }) => `${dispatches}` },
  { head: "reads B", width: 8, text: ({ bytes_per_parameter: { read } }) => digits(read) },
  { head: "writes B", width: 8, text: ({ bytes_per_parameter: { written } }) => digits(written) },
  { head: "moves B", width: 8, text: ({ bytes_per_parameter: { moved } }) => digits(moved) },
  { head: "µs", width: 9, text: ({ microseconds }) => digits(microseconds) },
  { head: "ns/parameter", width: 12, text: ({ nanoseconds_per_parameter }) => digits(nanoseconds_per_parameter) },
  { head: "copy µs", width: 9, text: ({ copy_microseconds }) => digits(copy_microseconds) },
  { head: "over copy", width: 9, text: ({ ratio }) => ratio.toFixed(2) },
];

/** The head of the table of what optimizers cost. */
export function updateHead(parameters: number, timedBy: string): string {
  const rows = [
    `parameters   ${thousands(parameters)}, those of a network with two hidden layers; timed by ${timedBy}`,
    "             reads and writes: the least bytes a parameter; moves: those of all passes, which the copy moves too",
    "",
    line(UPDATE_COLUMNS.map(({ head, width }) => pad(head, width))),
  ];
  return `${rows.join("\n")}\n`;
}

/** An optimizer's row. */
export const updateRow = (cost: UpdateCost): string =>
  `${line(UPDATE_COLUMNS.map(({ width, text }) => pad(text(cost), width)))}\n`;

/** The lines of one recipe: what it costs, then its kernels. */
export function printResult(result: BenchResult): string {
  const { members, batch, kernels, microseconds_per_step: step } = result;
  const sum = kernels.reduce((total, kernel) => total + perStep(kernel), 0);
  const rows: readonly (readonly [string, string])[] = [
    [
      "network",
      `${result.widths.join("-")}, ${thousands(result.parameters)} parameters, ${result.kernel_family} kernels`,
    ],
    ["epoch", `${digits(result.seconds_per_epoch)} s, ${digits(result.gflop_per_epoch)} GFLOP in its matrix products`],
    ["speed", `${thousands(result.images_per_second)} images/s${members > 1 ? ` over ${members} members` : ""}`],
    ["step", `${thousands(step)} µs for ${batch} samples, ${result.dispatches_per_step} dispatches`],
    ["products", `${digits(result.gflops)} GFLOP/s over the whole step, ${percent(result.share_of_peak)} of the peak`],
    ["buffers", mebibytes(result.bytes)],
    ["compile", `${result.compile_seconds.toFixed(2)} s`],
  ];
  const columns = KERNEL_COLUMNS(step);
  return [
    ...rows.map(([name, text]) => `${name.padEnd(12)} ${text}`),
    "",
    line(columns.map(({ head, width }) => pad(head, width))),
    ...kernels.map((kernel) => line(columns.map(({ width, text }) => pad(text(kernel), width)))),
    `${"sum".padEnd(29)} ${pad(digits(sum), 17)} ${pad(percent(sum / step), 9)}`,
    "",
  ].join("\n");
}

/** The head of an axis's table. */
export function growthHead(axis: Axis): string {
  const head = line([axis.padEnd(10), ...GROWTH_COLUMNS.map(({ head, width }) => pad(head, width))]);
  return `\n${AXES[axis]}\n${head}\n`;
}

/** A size's row. */
export function growthRow({ size, result, misfit }: GrowthPoint): string {
  const first = `${size}`.padEnd(10);
  if (!result) return `${first} does not fit: ${misfit}\n`;
  return `${line([first, ...GROWTH_COLUMNS.map(({ width, text }) => pad(text(result), width))])}\n`;
}

/** The last line of an axis. */
export function growthFoot({ axis, largest }: Growth): string {
  return `largest ${axis} that fits: ${largest === 0 ? "none" : largest.toLocaleString("en")}\n`;
}

/** A number with three digits, more where it has more before the point; "-" where there is none. */
export function digits(value: number | undefined): string {
  if (value === undefined) return "-";
  return value >= 100 ? thousands(value) : `${Number(value.toPrecision(3))}`;
}

const thousands = (value: number) => (value < 10 ? digits(value) : Math.round(value).toLocaleString("en"));
const percent = (share: number | undefined) =>
  share === undefined ? "-" : `${100 * share < 10 ? (100 * share).toFixed(1) : Math.round(100 * share)} %`;
const pad = (text: string, width: number) => (width < 0 ? text.padEnd(-width) : text.padStart(width));
const line = (cells: readonly string[]) => cells.join(" ").trimEnd();
const perStep = ({ per_step, microseconds }: KernelTime) => per_step * microseconds;

function slowest(kernels: readonly KernelTime[]): string {
  const sum = kernels.reduce((total, kernel) => total + perStep(kernel), 0);
  const most = kernels.toSorted((a, b) => perStep(b) - perStep(a))[0];
  return most ? `${most.label} (${percent(perStep(most) / sum)})` : "-";
}
