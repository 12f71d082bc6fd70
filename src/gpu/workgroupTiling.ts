import type { MatrixKernel, Tiling } from "./tiling.ts";

/**
 * Tiles of the dense kernels for GPUs, through workgroup memory and without subgroups. They depend on shapes alone, never
 * on the population. Which of them is fastest depends on how many cores a GPU has for the outputs there are: try several.
 */

/** What a workgroup covers at most: it shrinks to what a product has. */
interface Tile {
  /** Rows of a thread, and rows of threads. */
  readonly rows: number;
  readonly threadsY: number;
  /** Vec4s of columns of a thread, and columns of threads: a power of 2. */
  readonly quads: number;
  readonly threadsX: number;
  /** Threads of a workgroup, at most: those that the tile leaves over split the sum. */
  readonly threads: number;
}

interface Tiles {
  /** For rows of the batch, which are often 100: the forward product and the gradient of the input. */
  readonly batch: Tile;
  /** For rows of outputs, which are often powers of 2: the weight gradient. */
  readonly weights: Tile;
}

const TILES: readonly Tiles[] = [
  // Few outputs on many cores: 100 rows of 128 are 80 workgroups, and sixteen groups of threads share a sum.
  {
    batch: { rows: 5, threadsY: 2, quads: 1, threadsX: 4, threads: 128 },
    weights: { rows: 4, threadsY: 4, quads: 1, threadsX: 4, threads: 128 },
  },
  {
    batch: { rows: 5, threadsY: 4, quads: 1, threadsX: 4, threads: 256 },
    weights: { rows: 4, threadsY: 4, quads: 1, threadsX: 8, threads: 256 },
  },
  // Fewer cores: less is loaded twice.
  {
    batch: { rows: 5, threadsY: 4, quads: 1, threadsX: 8, threads: 128 },
    weights: { rows: 8, threadsY: 4, quads: 1, threadsX: 8, threads: 128 },
  },
  // Layers of a thousand and more. Multiply-adds for a vec4 out of workgroup memory: 8.9 with 5 rows a thread, 11.4 with
  // 10, 17.8 with 10 of two quads.
  {
    batch: { rows: 10, threadsY: 5, quads: 1, threadsX: 16, threads: 160 },
    weights: { rows: 8, threadsY: 8, quads: 1, threadsX: 16, threads: 128 },
  },
  {
    batch: { rows: 10, threadsY: 10, quads: 2, threadsX: 8, threads: 160 },
    weights: { rows: 8, threadsY: 8, quads: 2, threadsX: 16, threads: 128 },
  },
];

/** Bytes of workgroup memory that a tile may take: what every adapter has. */
const TILE_BYTES = 16384;
/** The most vec4s of the sum in a stage: longer ones save barriers, and cost room for a second workgroup on a core. */
const MAX_DEPTH = 16;

/** What a device allows a workgroup. */
export type WorkgroupLimits = Pick<
  GPUSupportedLimits,
  "maxComputeInvocationsPerWorkgroup" | "maxComputeWorkgroupSizeX" | "maxComputeWorkgroupStorageSize"
>;

/**
 * The families of dense kernels for GPUs, from small tiles to large ones. WebGPU's least limits allow them all.
 * @returns those that the limits allow, named by the tile of the forward product: `workgroup-20x32`
 */
export function workgroupTilings(limits: WorkgroupLimits): readonly Tiling[] {
  const most = Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  if (limits.maxComputeWorkgroupStorageSize < TILE_BYTES) return [];
  return TILES.filter(({ batch, weights }) => Math.max(batch.threads, weights.threads) <= most).map(workgroupTiling);
}

function workgroupTiling({ batch, weights }: Tiles): Tiling {
  return {
    name: `workgroup-${batch.rows * batch.threadsY}x${4 * batch.quads * batch.threadsX}`,
    fusesGather: true,
    fusesUpdate: false,
    updateQuads: 1,
    forward: ({ k, n, rows }) => kernel("forward", batch, rows, quads(n), quads(k)),
    backwardInput: ({ k, n, rows }) => kernel("backward_input", batch, rows, quads(k), quads(n)),
    // The rows are outputs, with the pads of the bias; one more quad of columns holds the bias.
    backwardWeights: ({ k, n, rows }) =>
      kernel("backward_weights", weights, 4 * quads(n), quads(k) + 1, quads(rows), 4),
  };
}

/**
 * A product of `rows` by `across` vec4s, each the sum over `depth` vec4s.
 * @param unit what a thread's rows are a multiple of
 */
function kernel(name: string, tile: Tile, rows: number, across: number, depth: number, unit = 1): MatrixKernel {
  const [units, most] = [rows / unit, tile.rows / unit];
  const tileUnits = evenTile(units, most * tile.threadsY);
  const threadsY = Math.ceil(tileUnits / most);
  const threadsX = Math.min(tile.threadsX, powerOf2(Math.ceil(across / tile.quads)));
  const shape = {
    ROWS: unit * Math.ceil(tileUnits / threadsY),
    QUADS: tile.quads,
    THREADS_Y: threadsY,
    THREADS_X: threadsX,
  };
  // As many groups as there are threads and, in a stage, vec4s of the sum for them.
  let split = 1;
  const fits = (groups: number) =>
    groups * threadsX * threadsY <= tile.threads &&
    groups <= Math.min(depth, MAX_DEPTH) &&
    tileBytes({ ...shape, SPLIT: groups, DEPTH: groups }) <= TILE_BYTES;
  while (fits(2 * split)) split *= 2;
  let longest = split;
  while (longest + split <= MAX_DEPTH && tileBytes({ ...shape, SPLIT: split, DEPTH: longest + split }) <= TILE_BYTES) {
    longest += split;
  }
  return {
    shader: `nn/dense_${name}_tiled.wgsl`,
    uses: ["lib/tile.wgsl", "lib/tiled_product.wgsl"],
    constants: { ...shape, SPLIT: split, DEPTH: Math.ceil(evenTile(depth, longest) / split) * split },
    workgroups: [Math.ceil(across / (shape.QUADS * threadsX)), Math.ceil(rows / (shape.ROWS * threadsY))],
  };
}

type TileConstants = Readonly<Record<"ROWS" | "QUADS" | "THREADS_Y" | "THREADS_X" | "SPLIT" | "DEPTH", number>>;

/** Bytes of workgroup memory of a tile: `TILE` in lib/tile.wgsl. */
function tileBytes({ ROWS, QUADS, THREADS_Y, THREADS_X, SPLIT, DEPTH }: TileConstants): number {
  const stage = ROWS * THREADS_Y * odd(DEPTH) + 4 * DEPTH * odd(QUADS * THREADS_X);
  const sums = Math.floor(SPLIT / 2) * THREADS_X * THREADS_Y * ROWS * QUADS;
  return 16 * Math.max(stage, sums);
}

/** The odd number that is `count` or one more: rows of a tile take so many vec4s, for different banks. */
function odd(count: number): number {
  return 2 * Math.floor(count / 2) + 1;
}

function quads(columns: number): number {
  return Math.ceil(columns / 4);
}

/** The smallest tile that covers `count` in as few tiles as `most` would: 63 rows, 20 at most: 4 tiles of 16. */
function evenTile(count: number, most: number): number {
  return Math.ceil(count / Math.ceil(count / most));
}

/** The least power of 2 that is at least `count`. */
function powerOf2(count: number): number {
  return 2 ** Math.ceil(Math.log2(count));
}
