import { subgroupTiling } from "./subgroupTiling.ts";
import { chooseTiling, plainTiling, type Tiling, type TilingAdapter } from "./tiling.ts";
import { type WorkgroupLimits, workgroupTilings } from "./workgroupTiling.ts";

/** What families of kernels a device can run goes by. */
export interface FamilyAdapter extends TilingAdapter {
  readonly device: { readonly limits: WorkgroupLimits };
}

/** The default first. */
export type Families = readonly [Tiling, ...Tiling[]];

/**
 * The families of matrix kernels that a device can run. The first is its default: what a run takes that measures nothing, the
 * same for every recipe.
 */
export function tilingFamilies(gpu: FamilyAdapter): Families {
  return defaultFirst(gpu, [...portable(gpu), ...workgroupTilings(gpu.device.limits)]);
}

/** Those of them that are worth timing: a software adapter takes long to compile the families made for GPUs. */
export function tilingCandidates(gpu: FamilyAdapter): Families {
  return gpu.adapter.kind === "hardware" ? tilingFamilies(gpu) : defaultFirst(gpu, portable(gpu));
}

function portable({ subgroupSize = 0 }: FamilyAdapter): readonly Tiling[] {
  return subgroupSize >= 4 ? [plainTiling, subgroupTiling(subgroupSize)] : [plainTiling];
}

function defaultFirst(gpu: FamilyAdapter, families: readonly Tiling[]): Families {
  const base = chooseTiling(gpu);
  return [base, ...families.filter(({ name }) => name !== base.name)];
}
