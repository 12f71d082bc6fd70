import type { Safetensors, Tensor } from "../io/safetensors.ts";
import type { Recipe } from "./recipe.ts";

/** A member of a population's checkpoint. */
export interface MemberSource {
  readonly checkpoint: Safetensors;
  /** Names the checkpoint in errors. */
  readonly file: string;
  readonly member: number;
}

/** Metadata that is a list with an entry for each member, as JSON. */
const LISTS = ["epoch_loss", "early_stopping", "schedules", "memory"] as const;

/** Metadata that members of one population share. */
const SHARED = ["format", "kernels", "table", "step", "evaluated"] as const;

/**
 * The checkpoint of a population that is put together from members of others, to go on with: of one structure, at one step,
 * under the same kernels. Each goes on to the bits that it would have come to where it was.
 * @param recipe that of the new population, a member for each source in order
 * @throws Error where they are not at one step, or not of one structure
 */
export function joinMembers(sources: readonly MemberSource[], recipe: Recipe): Safetensors {
  const tensors = new Map<string, Tensor>();
  sources.forEach(({ checkpoint, file, member }, place) => {
    const isSingle = !checkpoint.tensors.has("member.0.fc1.weight");
    const from = isSingle ? "" : `member.${member}.`;
    const to = sources.length > 1 ? `member.${place}.` : "";
    let found = 0;
    for (const [name, tensor] of checkpoint.tensors) {
      if (!name.startsWith(from)) continue;
      tensors.set(`${to}${name.slice(from.length)}`, tensor);
      found++;
    }
    if (found === 0 || (isSingle && member > 0)) throw new Error(`${file}: it has no member ${member}`);
  });
  const [first] = sources as readonly [MemberSource];
  const metadata: Record<string, string> = { recipe: JSON.stringify(recipe) };
  for (const name of SHARED) {
    const value = first.checkpoint.metadata[name];
    const other = sources.find(({ checkpoint }) => checkpoint.metadata[name] !== value);
    if (other)
      throw new Error(`${other.file}: it has another "${name}" than ${first.file}, and cannot train beside it`);
    if (value !== undefined) metadata[name] = value;
  }
  for (const name of LISTS) {
    if (first.checkpoint.metadata[name] === undefined) continue;
    const entries = sources.map(({ checkpoint, member }) => {
      return (JSON.parse(checkpoint.metadata[name] ?? "[]") as unknown[])[member] ?? null;
    });
    metadata[name] = JSON.stringify(entries);
  }
  return { tensors, metadata };
}
