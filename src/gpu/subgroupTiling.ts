import type { MatrixKernel, MatrixSize, Tiling } from "./tiling.ts";

/**
 * Tiles of the dense kernels for software adapters, measured on SwiftShader (subgroups of 4 lanes) and lavapipe (8).
 * They depend on the adapter and on shapes, never on the population; the height of a row tile changes no order of sums.
 */

/** A number for layers of each size: the larger the layer, the sooner a tile earns back its compilation. */
type BySize = readonly [large: number, middle: number, small: number];

/** Weights of the smallest large layer, and of the smallest middle one. */
const LARGE = 2 ** 16;
const MIDDLE = 2 ** 13;

interface Tiles {
  readonly lanes: string;
  /** Most rows of a tile in the forward product and in the input's gradient. */
  readonly forwardRows: BySize;
  readonly inputRows: BySize;
  /** Most rows of a tile in the tail. */
  readonly tailRows: number;
  /** In the weight gradient: vec4s of inputs a lane. */
  readonly quads: BySize;
  readonly fusesUpdate: boolean;
}

/** SwiftShader: a load costs as much as ten multiply-adds, and compiling a large tile a third of a second. */
const FOUR_LANES: Tiles = {
  lanes: "lib/lanes_quad.wgsl",
  forwardRows: [25, 20, 5],
  inputRows: [20, 20, 10],
  tailRows: 5, // 10 are 1 % faster and take 0.2 s longer to compile
  quads: [7, 2, 1],
  fusesUpdate: true, // 6 % of a step
};

/** lavapipe: keeps tiles larger than the registers in the first-level cache; taller ones take many seconds to compile at first. */
const MORE_LANES: Tiles = {
  lanes: "lib/lanes.wgsl",
  forwardRows: [25, 25, 25],
  inputRows: [25, 20, 20],
  tailRows: 13,
  quads: [1, 1, 1],
  fusesUpdate: false, // no gain, and three times the time to compile
};

/** Tiles shrink until a dispatch has this many workgroups, for an adapter that spreads them over the CPU's cores. */
const MIN_WORKGROUPS = 8;

/**
 * The dense kernels for a software adapter.
 * @param subgroup its subgroup size, which must be fixed, 4 or more, with the feature `subgroups` enabled
 */
export function subgroupTiling(subgroup: number): Tiling {
  const tiles = subgroup === 4 ? FOUR_LANES : MORE_LANES;
  // Swaps within a quad need all their turns; a shuffle may stop after those that hold data.
  const turns = (columns: number) => (subgroup === 4 ? 4 : evenTile(quads(columns), subgroup));
  const kernel = (
    name: string,
    constants: Readonly<Record<string, number | boolean>>,
    workgroups: readonly [number, number],
  ): MatrixKernel => ({
    shader: `nn/${name}_subgroup.wgsl`,
    uses: [tiles.lanes],
    constants: { SUBGROUP: subgroup, ...constants },
    workgroups,
  });
  const rowTiles = (name: string, outputs: number, summed: number, most: number, rows: number): MatrixKernel => {
    const across = Math.ceil(quads(outputs) / subgroup);
    const tile = evenTile(rows, Math.min(most, Math.ceil((rows * across) / MIN_WORKGROUPS)));
    return kernel(name, { ROWS: tile, TURNS: turns(summed) }, [across, Math.ceil(rows / tile)]);
  };
  return {
    name: `subgroup-${subgroup}`,
    fusesGather: true,
    fusesUpdate: tiles.fusesUpdate,
    updateQuads: 16, // the row of hyper-parameters is loaded once for all of them: twice as fast as one a thread
    forward: (size) => rowTiles("dense_forward", size.n, size.k, pick(tiles.forwardRows, size), size.rows),
    backwardInput: (size) => rowTiles("dense_backward_input", size.k, size.n, pick(tiles.inputRows, size), size.rows),
    tail: (size) => {
      if (size.n > 4 * subgroup) return undefined;
      const tile = evenTile(size.rows, tiles.tailRows);
      const constants = { ROWS: tile, TURNS_K: turns(size.k), TURNS_N: turns(size.n) };
      return kernel("tail", constants, [1, Math.ceil(size.rows / tile)]);
    },
    backwardWeights: (size) => {
      const constants = {
        QUADS: evenTile(Math.ceil(quads(size.k) / subgroup), pick(tiles.quads, size)),
        TURNS: turns(size.n),
      };
      // One more group of columns computes the bias.
      const across = Math.ceil(quads(size.k) / (subgroup * constants.QUADS)) + 1;
      return kernel("dense_backward_weights", constants, [across, Math.ceil(quads(size.n) / constants.TURNS)]);
    },
  };
}

function pick([large, middle, small]: BySize, { k, n }: MatrixSize): number {
  if (k * n >= LARGE) return large;
  return k * n >= MIDDLE ? middle : small;
}

function quads(columns: number): number {
  return Math.ceil(columns / 4);
}

/** The smallest tile that covers `count` in as few tiles as `most` would: 64 rows, 20 at most: 4 tiles of 16. */
function evenTile(count: number, most: number): number {
  return Math.ceil(count / Math.ceil(count / most));
}
