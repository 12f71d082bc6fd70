import type { Path } from "./paths.ts";
import type { Point, TestFunction } from "./testFunctions.ts";

/** How the paths came about, for the caption. */
export interface PathsCaption {
  /** Steps of a path, at most. */
  readonly steps: number;
  /** The learning rates that were tried. */
  readonly grid: readonly number[];
  /** The adapter that ran the kernels. */
  readonly adapter: string;
}

/** Lengths in the picture's units: pixels at its full size. */
const [COLUMNS, PANEL, GAP, LABEL, MARGIN] = [6, 150, 14, 34, 24];
const [HEAD, BLOCK_HEAD, BLOCK_GAP] = [64, 50, 26];
const WIDTH = 2 * MARGIN + COLUMNS * PANEL + (COLUMNS - 1) * GAP;
/** A panel's own units are tenths of pixels: places are whole numbers then, which keeps the file small. */
const UNITS = 10 * PANEL;
/** Samples of a function along an axis, and its contour lines. */
const [SAMPLES, LEVELS] = [97, 14];
/** Contours lie where log(1 + SPREAD f) has gone up by equal parts, so that there are some close to a minimum too. */
const SPREAD = 4;

// Valleys deep blue, hills pale, or dark on a dark page; Okabe and Ito's vermilion on either.
const STYLE = `
text { font-family: system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.page { fill: #ffffff } text.dim { fill: #59636e } text.left { fill: #b42318 }
.floor { fill: #7fadd9 } .hill { fill: #ffffff; fill-opacity: .15; stroke: #24557f; stroke-opacity: .2; stroke-width: 5 }
.path { fill: none; stroke: #c04a00; stroke-width: 10; stroke-linejoin: round; stroke-linecap: round }
.step { fill: #c04a00 } .start { fill: #ffffff; stroke: #7a2f00; stroke-width: 12 }
.end { fill: #7a2f00; stroke: #ffffff; stroke-width: 10 }
.minimum { fill: none; stroke: #0b2545; stroke-width: 14 } .frame { fill: none; stroke: #d1d9e0 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .page { fill: #0d1117 } text.dim { fill: #9198a1 } text.left { fill: #ff7b72 }
.floor { fill: #2f6cab } .hill { fill: #0d1117; fill-opacity: .16; stroke: #79b8f5; stroke-opacity: .2 }
.path { stroke: #ffa657 } .step { fill: #ffa657 } .start { fill: #0d1117; stroke: #ffd8a8 }
.end { fill: #ffd8a8; stroke: #0d1117 } .minimum { stroke: #ffffff } .frame { stroke: #3d444d }
}`.trim();

const marker = (id: string, radius: number) => {
  const box = `markerWidth="80" markerHeight="80" viewBox="-40 -40 80 80"`;
  return `<marker id="${id}" markerUnits="userSpaceOnUse" ${box}><circle r="${radius}" class="${id}"/></marker>`;
};
const MARKS = [
  marker("step", 12),
  marker("start", 30),
  marker("end", 34),
  '<path id="minimum" d="M-45 0H45M0-45V45" class="minimum"/>',
].join("\n");

/**
 * Draws paths over the contours of their functions: a block for each function, a panel in it for each optimizer, in the order
 * of their first path. An SVG document that suits a light page and a dark one.
 */
export async function drawPaths(
  functions: readonly TestFunction[],
  paths: readonly Path[],
  caption: PathsCaption,
): Promise<string> {
  const blocks = functions.map((on) => ({ on, own: paths.filter((path) => path.function === on.name) }));
  const contours = await Promise.all(functions.map(contoursOf));
  const body: string[] = [];
  let top = HEAD;
  for (const { on, own } of blocks) {
    body.push(text(MARGIN, top + 18, on.title, 17, 'font-weight="600"'));
    body.push(text(MARGIN, top + 36, `${on.formula}: ${on.about}`, 12.5, 'class="dim"'));
    top += BLOCK_HEAD;
    own.forEach((path, i) => {
      const x = MARGIN + (i % COLUMNS) * (PANEL + GAP);
      body.push(panel(on, path, x, top + Math.floor(i / COLUMNS) * (PANEL + LABEL + GAP)));
    });
    top += Math.ceil(own.length / COLUMNS) * (PANEL + LABEL + GAP) + BLOCK_GAP;
  }
  const lines = captionOf(caption);
  const foot = lines.map((line, i) => text(MARGIN, top + 4 + 18 * i, line, 12.5, 'class="dim"'));
  const height = top + 18 * lines.length + 10;
  const names = functions.map(({ name }) => name).join(", ");
  const about = `Contour lines of ${names}, and over them each optimizer's path, a dot a step. ${described(paths)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">${TITLE}</title>
<desc id="desc">${xmlText(about)}</desc>
<style>${STYLE}</style>
<defs>
${MARKS}
${contours.join("\n")}
</defs>
<rect width="100%" height="100%" class="page"/>
${text(MARGIN, 38, TITLE, 23, 'font-weight="700"')}
${body.join("\n")}
${foot.join("\n")}
</svg>
`;
}

/** One optimizer on one function, with its name and how it ended above. */
function panel(on: TestFunction, { optimizer, lr, points, leftAt, value }: Path, x: number, y: number): string {
  const hasLeft = leftAt !== undefined;
  const rate = lr === undefined ? "own rate" : `lr ${lr}`;
  const end = hasLeft ? `left at step ${leftAt}` : `f = ${digits(value)}`;
  const line = `class="path" marker-start="url(#start)" marker-mid="url(#step)"${hasLeft ? "" : ' marker-end="url(#end)"'}`;
  const places = (hasLeft ? cut(points, on) : points).map((at) => place(on, at));
  return `<g transform="translate(${x} ${y})" class="panel">
${text(0, 12, optimizer, optimizer.length > 16 ? 11.5 : 12.5, 'font-weight="600"')}
${text(0, 27, rate, 11, 'class="dim"')}
${text(PANEL, 27, end, 11, `text-anchor="end" class="${hasLeft ? "left" : "dim"}"`)}
<svg y="${LABEL}" width="${PANEL}" height="${PANEL}" viewBox="0 0 ${UNITS} ${UNITS}"><use href="#${on.name}"/>
<path ${line} d="${polyline(places)}"/></svg>
<rect y="${LABEL}" width="${PANEL}" height="${PANEL}" rx="3" class="frame"/></g>`;
}

/** A function's contours and minima, drawn once and used in each of its panels. */
async function contoursOf(on: TestFunction): Promise<string> {
  const { contours } = await import("d3-contour"); // only the figure needs it
  const [low, high] = on.window;
  const along = (i: number, axis: 0 | 1) => low[axis] + (i / (SAMPLES - 1)) * (high[axis] - low[axis]);
  const heights = Array.from({ length: SAMPLES ** 2 }, (_, i) => {
    // Rows of samples go down the picture, from the highest y.
    const row = SAMPLES - 1 - Math.floor(i / SAMPLES);
    return Math.log(1 + SPREAD * on.value([along(i % SAMPLES, 0), along(row, 1)]));
  });
  const highest = Math.max(...heights);
  const levels = Array.from({ length: LEVELS }, (_, i) => ((i + 0.5) / LEVELS) * highest);
  // A sample lies half a cell inside of d3's grid.
  const scaled = (at: readonly number[]): Point => {
    const [x, y] = at.map((value) => Math.round(((value - 0.5) * UNITS) / (SAMPLES - 1)));
    return [x as number, y as number];
  };
  const hills = contours().size([SAMPLES, SAMPLES]).thresholds(levels)(heights);
  const lines = hills.map(({ coordinates }) => {
    const rings = coordinates.flat().map((ring) => `${polyline(ring.slice(0, -1).map(scaled))}z`);
    return `<path class="hill" d="${rings.join("")}"/>`;
  });
  const minima = on.minima.map((at) => `<use href="#minimum" transform="translate(${place(on, at).join(" ")})"/>`);
  const floor = `<rect width="${UNITS}" height="${UNITS}" class="floor"/>`;
  return `<g id="${on.name}">${floor}${lines.join("")}${minima.join("")}</g>`;
}

/** A path whose last point lies outside of the window, with that point moved to the window's edge. */
function cut(points: readonly Point[], { window: [low, high] }: TestFunction): Point[] {
  const inside = points.slice(0, -1);
  const [from, to] = [points.at(-2), points.at(-1)];
  if (!from || !to?.every(Number.isFinite)) return inside;
  const shares = ([0, 1] as const).map((axis) => {
    const move = to[axis] - from[axis];
    return move === 0 ? 1 : ((move > 0 ? high : low)[axis] - from[axis]) / move;
  });
  const share = Math.min(1, ...shares);
  return [...inside, [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]];
}

/** A place in the panel, in its units from its upper left corner. */
function place({ window: [low, high] }: TestFunction, [x, y]: Point): Point {
  const [right, up] = [(x - low[0]) / (high[0] - low[0]), (y - low[1]) / (high[1] - low[1])];
  return [Math.round(right * UNITS), Math.round((1 - up) * UNITS)];
}

/** Lines from place to place, each relative to the one before; where it stays, none. */
function polyline(places: readonly Point[]): string {
  const parts = places.map(([x, y], i) => {
    const before = places[i - 1];
    if (!before) return `M${x} ${y}`;
    const [dx, dy] = [x - before[0], y - before[1]];
    return dx === 0 && dy === 0 ? "" : `l${dx}${dy < 0 ? "" : " "}${dy}`;
  });
  return parts.join("");
}

const TITLE = "How optimizers find their way down";

function captionOf({ steps, grid, adapter }: PathsCaption): string[] {
  return [
    `Each path starts at the circle and takes ${steps} steps, a dot a step, to the filled circle; + is a minimum, where f = 0.`,
    `Learning rate: of ${grid.join(", ")} the one whose path ends lowest, of those that stay in the picture. All else has its default.`,
    `Computed by the WGSL kernels on ${adapter}.`,
  ];
}

/** 0.00005 as `5.0e-5`. */
function digits(value: number): string {
  return value === 0 || (value >= 1e-3 && value < 1e3) ? `${Number(value.toPrecision(2))}` : value.toExponential(0);
}

function described(paths: readonly Path[]): string {
  const ends = paths.map(({ optimizer, function: on, value, leftAt }) => {
    return `${optimizer} on ${on}: ${leftAt === undefined ? digits(value) : `left at step ${leftAt}`}`;
  });
  return `${ends.join("; ")}.`;
}

function text(x: number, y: number, content: string, size: number, attributes: string): string {
  return `<text x="${x}" y="${y}" font-size="${size}" ${attributes}>${xmlText(content)}</text>`;
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
