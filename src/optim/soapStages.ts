import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { roundUp } from "../nn/tensors.ts";
import { tileGroups } from "./newtonSchulz.ts";
import type { Site } from "./optimizer.ts";
import { type Scalars, segmentGroups, segmentShape } from "./segments.ts";
import { type Preconditioners, type ProductStage, productStages, productTable, rotatedPart } from "./soapMatrices.ts";

/** By tensor: whether it is preconditioned, and the part of `work` with its rotated gradient. The same for every member. */
export const SCALARS: Scalars = { buffer: "scales", stride: 0, perTensor: true };

const OWN = ["optim/soap.wgsl", "optim/row.wgsl"];

const stagesAt = (of: Preconditioners, { arena, members }: Site) => productStages(of, members * arena.stride);

/**
 * All of a step but the parameters' own: it leaves the update of the preconditioned ones, and the gradients of the others, in
 * the first part of `work`.
 * @param longest the longest side that may have a preconditioner
 * @param refreshes most steps of the power iteration in one step
 */
export function soapStages(site: Site, of: Preconditioners, longest: number, refreshes: number): Dispatch[] {
  if (of.matrices.length === 0) return [];
  const { before, after, refresh } = stagesAt(of, site);
  const product = (stage: ProductStage) => productDispatch(site, of, stage);
  return [
    byTensor(site, "momentum", "optim/soap_load.wgsl", { grads: "grads" }, 16),
    ...before.map(product),
    byTensor(site, "adam in the eigenbasis", "optim/soap_adam.wgsl", {}, 20),
    ...after.map(product),
    ...Array.from({ length: refreshes }, (_, i) => [
      ...refresh.map((stage) => productDispatch(site, of, stage, i + 1)),
      basisDispatch(site, of, longest, i + 1),
    ]).flat(),
  ];
}

/** The buffers of `soapStages`, with `scales`, which `update` reads too. */
export function soapBuffers(site: Site, of: Preconditioners): Record<string, BufferSpec> {
  const { arena, members: P } = site;
  const table = (what: string, values: readonly number[]): BufferSpec => {
    return { bytes: 4 * values.length, usage: "storage", what, values };
  };
  const floats = (count: number, what: string): BufferSpec => {
    return { bytes: 4 * count, usage: "storage", what };
  };
  const rotated = new Map(of.matrices.map((matrix) => [matrix.tensor, rotatedPart(matrix)]));
  const scales = arena.tensors.flatMap((tensor) => [rotated.has(tensor) ? 1 : 0, rotated.get(tensor) ?? 0, 0, 0]);
  const tensors = arena.tensors.length;
  const scaleTable = table(`what is preconditioned, f32 [${tensors}, 4]`, [
    ...new Uint32Array(Float32Array.from(scales).buffer),
  ]);
  if (of.matrices.length === 0) return { scales: scaleTable };
  const stages = Object.values(stagesAt(of, site)).flat();
  return {
    scales: scaleTable,
    work: floats(4 * P * arena.stride, `gradients and momentum, rotated, f32 [4, P=${P}, ${arena.stride}]`),
    images: floats(P * roundUp(of.images, 64), `images of eigenvectors, f32 [P=${P}, ${roundUp(of.images, 64)}]`),
    soap_sides: table(
      `where eigenvectors lie, u32 [${of.sides.length}, 4]`,
      of.sides.flatMap(({ size, basis, imagesAt }) => [basis.offset / 4, imagesAt / 4, size, 0]),
    ),
    ...Object.fromEntries(
      stages.map(({ name, label, products }) => [
        name,
        table(`products ${label}, u32 [${products.length}, 8]`, productTable(products).values),
      ]),
    ),
  };
}

/** Files and constants of a kernel that reads the optimizer's row. */
const grouped = ({ groups }: Site) => (groups > 1 ? { GROUPS: groups } : {});

/** A dispatch over all tensors by element. */
function byTensor(
  site: Site,
  label: string,
  shader: string,
  buffers: Dispatch["buffers"],
  bytesPerFloat: number,
): Dispatch {
  const { quads, segments, tensors } = segmentShape(site);
  return {
    label,
    kernel: defineKernel({
      shader,
      uses: [STEP_SHADER, ...OWN, "optim/scalars.wgsl", "optim/segments.wgsl"],
      constants: grouped(site),
    }),
    buffers: { tensors: "tensors", hypers: "hypers", scalar_table: "scales", state: "state", work: "work", ...buffers },
    shape: { quads, segments, tensors },
    workgroups: segmentGroups(site),
    bytes: bytesPerFloat * site.arena.stride,
  };
}

/** @param refresh run only in steps with so many of them */
function productDispatch(site: Site, of: Preconditioners, stage: ProductStage, refresh = 0): Dispatch {
  const { name, label, constants, fixed, changed, products } = stage;
  const quads: Readonly<Record<string, number>> = {
    extra: of.extra.stride / 4,
    work: site.arena.stride / 4,
    images: roundUp(of.images, 64) / 4,
  };
  const { tiles } = productTable(products);
  const flops = products.reduce((sum, { rows, depth, columns }) => sum + 2 * rows * depth * columns, 0);
  return {
    label,
    kernel: defineKernel({
      shader: "optim/soap_product.wgsl",
      uses: [STEP_SHADER, ...OWN, "optim/zero_scalars.wgsl"],
      constants: {
        ...constants,
        ...grouped(site),
        // Blocks of a thread: see newtonSchulz.ts.
        ...(site.quadsPerThread > 1 && { DOWN: 2, ACROSS: 2 }),
      },
    }),
    buffers: { products: name, hypers: "hypers", fixed, changed },
    shape: { tiles, products: products.length, fixed: quads[fixed] ?? 0, changed: quads[changed] ?? 0, refresh },
    workgroups: tileGroups(tiles, site.members),
    // Half of a symmetric product is computed; a refresh is not in every step.
    ...(refresh === 0 && { flops: constants.GRAM ? flops / 2 : flops }),
  };
}

function basisDispatch(site: Site, of: Preconditioners, longest: number, refresh: number): Dispatch {
  const side = roundUp(longest, 4);
  return {
    label: "Q_L = QR(L Q_L), Q_R = QR(R Q_R)",
    kernel: defineKernel({
      shader: "optim/soap_basis.wgsl",
      uses: [STEP_SHADER, ...OWN, "optim/zero_scalars.wgsl"],
      constants: { ...grouped(site), SIDE: side, QUADS: side / 4 },
    }),
    buffers: { sides: "soap_sides", hypers: "hypers", images: "images", basis: "extra" },
    shape: { extra: of.extra.stride / 4, images: roundUp(of.images, 64) / 4, refresh },
    workgroups: [of.sides.length, 1, site.members],
  };
}
