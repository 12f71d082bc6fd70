/** A curve over a logarithmic axis, as lines of text. */
export interface TextPlot {
  /** Points, with x above 0. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Columns and rows of the plot itself. */
  readonly width: number;
  readonly height: number;
  /** A column that is marked below the axis. */
  readonly mark?: number | undefined;
  readonly xText: (x: number) => string;
}

/** Draws a curve with dots, four rows of them in a line of text: braille's. */
export function textPlot({ points, width, height, mark, xText }: TextPlot): string {
  const shown = points.filter(([x, y]) => x > 0 && Number.isFinite(y));
  const xs = shown.map(([x]) => Math.log(x));
  const ys = shown.map(([, y]) => y);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const place = (value: number, from: number, to: number, cells: number) =>
    to > from ? Math.min(cells - 1, Math.max(0, Math.round(((value - from) / (to - from)) * (cells - 1)))) : 0;
  const cells = Array.from({ length: height }, () => new Array<number>(width).fill(0));
  shown.forEach(([, y], i) => {
    const column = place(xs[i] as number, left, right, 2 * width);
    const row = 4 * height - 1 - place(y, low, high, 4 * height);
    const line = cells[row >> 2] as number[];
    line[column >> 1] = (line[column >> 1] as number) | dotOf(column & 1, row & 3);
  });
  const labels = cells.map((_, row) => (row === 0 ? high.toFixed(2) : row === height - 1 ? low.toFixed(2) : ""));
  const margin = Math.max(...labels.map(({ length }) => length));
  const body = cells.map((line, row) => {
    const text = line.map((dots) => (dots === 0 ? " " : String.fromCodePoint(0x2800 + dots))).join("");
    return `${(labels[row] ?? "").padStart(margin)} │${text}`.trimEnd();
  });
  const pointer = mark === undefined ? undefined : place(Math.log(mark), left, right, width);
  const axis = Array.from({ length: width }, (_, column) => (column === pointer ? "┴" : "─")).join("");
  const [first, last] = [xText(Math.exp(left)), xText(Math.exp(right))];
  const ends = `${first}${last.padStart(Math.max(1, width - first.length))}`;
  return [...body, `${" ".repeat(margin)} └${axis}`, `${" ".repeat(margin + 2)}${ends}`].join("\n");
}

/** The bit of a dot in a braille cell of two columns and four rows. */
function dotOf(column: number, row: number): number {
  return row === 3 ? (column === 0 ? 0x40 : 0x80) : 1 << (row + 3 * column);
}
