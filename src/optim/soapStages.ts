import type { BufferSpec } from "../gpu/buffers.ts";
import { type Dispatch, pieceGroups } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { roundUp } from "../nn/tensors.ts";
import type { Site } from "./optimizer.ts";
import { rowConstants, SCALES, scalesBuffer, segmentGroups, segmentShape } from "./segments.ts";
import type { Preconditioners } from "./soapMatrices.ts";
import { type ProductBuffer, type ProductStage, productStages, productTable, rotatedPart } from "./soapProducts.ts";

const OWN = ["optim/soap.wgsl", "optim/row.wgsl"];

const stagesAt = (of: Preconditioners, { arena, members }: Site) => productStages(of, members * arena.stride);

/**
 * All of a step but the parameters' own: it leaves the update of the preconditioned ones, and the gradients of the others, in
 * the first part of `work`.
 * @param longest the longest side that may have a preconditioner, not that has one here: it is a constant of a kernel, so that
 *   members of a population, which share their kernels, cannot differ in it
 * @param refreshes most steps of the power iteration in one step
 */
export function soapStages(site: Site, of: Preconditioners, longest: number, refreshes: number): Dispatch[] {
  const { before, after, refresh } = stagesAt(of, site);
  const product = (stage: ProductStage) => productDispatch(site, of, stage);
  return [
    byTensor(site, "momentum", "optim/soap_load.wgsl", { grads: "grads" }),
    ...before.map(product),
    byTensor(site, "adam in the eigenbasis", "optim/soap_adam.wgsl", {}),
    ...after.map(product),
    ...Array.from({ length: refreshes }, (_, i) => [
      ...refresh.map((stage) => productDispatch(site, of, stage, i + 1)),
      basisDispatch(site, of, longest, i + 1),
    ]).flat(),
  ];
}

/**
 * The buffers of `soapStages`, with `SCALES`, which `update` reads too: whether a tensor is preconditioned, and the part of
 * `work` with its rotated gradient.
 */
export function soapBuffers(site: Site, of: Preconditioners): Record<string, BufferSpec> {
  const { arena, members: P } = site;
  const table = (what: string, values: readonly number[]): BufferSpec => {
    return { bytes: 4 * values.length, usage: "storage", what, values };
  };
  const floats = (count: number, what: string): BufferSpec => {
    return { bytes: 4 * count, usage: "storage", what };
  };
  const rotated = new Map(of.matrices.map((matrix) => [matrix.tensor, rotatedPart(matrix)]));
  const scales = scalesBuffer(site, "what is preconditioned", (tensor) => {
    const part = rotated.get(tensor);
    return part === undefined ? [] : [1, part];
  });
  if (of.matrices.length === 0) return { scales };
  const stages = Object.values(stagesAt(of, site)).flat();
  return {
    scales,
    work: floats(4 * P * arena.stride, `gradients and momentum, rotated, f32 [4, P=${P}, ${arena.stride}]`),
    images: floats(P * of.images, `images of eigenvectors, f32 [P=${P}, ${of.images}]`),
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

/** A dispatch over all tensors by element. */
function byTensor(site: Site, label: string, shader: string, buffers: Dispatch["buffers"]): Dispatch {
  const { quads, segments, tensors } = segmentShape(site);
  return {
    label,
    kernel: defineKernel({
      shader,
      uses: [STEP_SHADER, ...OWN, "optim/scalars.wgsl", "optim/segments.wgsl"],
      constants: rowConstants(site),
    }),
    buffers: {
      tensors: "tensors",
      hypers: "hypers",
      scalar_table: SCALES.buffer,
      state: "state",
      work: "work",
      ...buffers,
    },
    shape: { quads, segments, tensors },
    workgroups: segmentGroups(site),
    bytes: 20 * site.arena.stride, // either reads three arrays and writes two
  };
}

/** @param refresh run only in steps with so many of them */
function productDispatch(site: Site, of: Preconditioners, stage: ProductStage, refresh = 0): Dispatch {
  const { name, label, constants, fixed, changed, products } = stage;
  const quads: Readonly<Record<ProductBuffer, number>> = {
    extra: of.extra.stride / 4,
    work: site.arena.stride / 4,
    images: of.images / 4,
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
        ...rowConstants(site),
        // Blocks of a thread: see newtonSchulz.ts.
        ...(site.quadsPerThread > 1 && { DOWN: 2, ACROSS: 2 }),
      },
    }),
    buffers: { products: name, hypers: "hypers", fixed, changed },
    shape: { tiles, products: products.length, fixed: quads[fixed], changed: quads[changed], refresh },
    workgroups: pieceGroups(tiles, site.members),
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
      constants: { ...rowConstants(site), SIDE: side, QUADS: side / 4 },
    }),
    buffers: { sides: "soap_sides", hypers: "hypers", images: "images", basis: "extra" },
    shape: { extra: of.extra.stride / 4, images: of.images / 4, refresh },
    workgroups: [of.sides.length, 1, site.members],
  };
}
