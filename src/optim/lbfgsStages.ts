import type { BufferSpec } from "../gpu/buffers.ts";
import { type Dispatch, loopGroups } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { type Arena, roundUp, type Tensor } from "../nn/tensors.ts";
import type { Site } from "./optimizer.ts";

/** Numbers of a line search: `SEARCH` of shaders/optim/lbfgs_search.wgsl. */
export const SEARCH_FLOATS = 16;
/** `OF_PAIRS` of shaders/optim/lbfgs_order.wgsl. */
const OF_PAIRS = 8;
/** Most workgroups of 64 threads that leave partial sums: one thread adds them up. */
const MAX_GROUPS = 8;

/** Sizes for a member each: floats of `orders`, columns of `partials` and workgroups that leave them. */
function layoutOf(history: number, { arena }: Site) {
  const last = arena.tensors.at(-1);
  const quads = last ? (last.offset + last.rows * last.rowStride) / 4 : 0;
  return {
    quads,
    orders: roundUp(OF_PAIRS + 3 * history, 4),
    columns: history + 2,
    groups: Math.max(1, Math.min(MAX_GROUPS, Math.ceil(quads / 64))),
  };
}

/**
 * What L-BFGS does with loss and gradient of a trial point. Only the move touches the parameters.
 * @param extra how the buffer of that name lies: the search, the Gram matrix, and pairs from there on
 */
export function lbfgsStages(history: number, site: Site, extra: Arena): readonly Dispatch[] {
  const { members, quadsPerThread, metricTiles = 1 } = site;
  const { quads, orders, columns, groups } = layoutOf(history, site);
  const stride = site.arena.stride / 4;
  const [, gram, pairs] = extra.tensors as readonly Tensor[] as readonly [Tensor, Tensor, Tensor];
  const threads = 64 * groups;
  const own = ["optim/lbfgs.wgsl", "optim/lbfgs_order.wgsl"];
  const search = [STEP_SHADER, ...own, "optim/row.wgsl", "optim/lbfgs_search.wgsl"];
  const perPair = { quads, stride, extra: extra.stride / 4, pairs: pairs.offset / 4, history, orders };
  const bytes = 16 * quads;
  return [
    {
      label: "slopes",
      kernel: defineKernel({ shader: "optim/lbfgs_slopes.wgsl", uses: ["optim/lbfgs.wgsl"] }),
      buffers: { grads: "grads", state: "state", partials: "partials" },
      shape: { quads, stride, columns },
      workgroups: [groups, 1, members],
      bytes: 3 * bytes,
    },
    {
      label: "line search",
      kernel: defineKernel({
        shader: "optim/lbfgs_decide.wgsl",
        uses: [...search, "optim/lbfgs_loss.wgsl", "optim/lbfgs_outcome.wgsl"],
      }),
      buffers: { hypers: "hypers", metrics: "metrics", partials: "partials", extra: "extra", orders: "orders" },
      shape: { columns, threads, extra: extra.stride, orders, tiles: metricTiles },
      workgroups: [1, 1, members],
    },
    {
      label: "products",
      kernel: defineKernel({ shader: "optim/lbfgs_products.wgsl", uses: own }),
      buffers: { grads: "grads", state: "state", partials: "partials", extra: "extra", orders: "orders" },
      shape: { ...perPair, columns },
      workgroups: [groups, history + 1, members],
      bytes: (3 + 4 * history) * bytes,
    },
    {
      label: "sums of products",
      kernel: defineKernel({ shader: "optim/lbfgs_sums.wgsl" }),
      buffers: { partials: "partials", sums: "sums" },
      shape: { columns, threads },
      workgroups: [Math.ceil(columns / 64), 1, members],
    },
    {
      label: "direction",
      kernel: defineKernel({ shader: "optim/lbfgs_direction.wgsl", uses: [...search, "optim/lbfgs_two_loops.wgsl"] }),
      buffers: { hypers: "hypers", sums: "sums", extra: "extra", orders: "orders" },
      shape: { columns, extra: extra.stride, orders, history, gram: gram.offset, row: gram.rowStride },
      workgroups: [1, 1, members],
    },
    {
      label: "lbfgs move",
      kernel: defineKernel({ shader: "optim/lbfgs_move.wgsl", uses: own }),
      buffers: { grads: "grads", params: "params", state: "state", extra: "extra", orders: "orders" },
      shape: perPair,
      workgroups: loopGroups(quads, members, quadsPerThread),
      bytes: (12 + 2 * history) * bytes,
    },
  ];
}

/** The buffers of `lbfgsStages` that mean nothing from one step to the next. */
export function lbfgsBuffers(history: number, site: Site): Record<string, BufferSpec> {
  const { orders, columns, groups } = layoutOf(history, site);
  const P = site.members;
  const floats = (count: number, shape: string, what: string): BufferSpec => {
    return { bytes: 4 * P * count, usage: "storage", what: `${what}, f32 [P=${P}, ${shape}]` };
  };
  return {
    partials: floats(4 * columns * 64 * groups, `${columns}, ${64 * groups}, 4`, "products by thread"),
    sums: floats(4 * columns, `${columns}, 4`, "products"),
    orders: floats(orders, `${orders}`, "what the line search orders"),
  };
}
