import type { Dispatch } from "../../gpu/dispatch.ts";
import type { Mlp } from "../mlp.ts";
import type { Tensor } from "../tensors.ts";
import { constant, type Init, type InitParameters, type InitPlace, uniform } from "./init.ts";
import { findInit } from "./registry.ts";

/** A start's name with its parameters. */
export type InitSetting = { readonly name: string; readonly [parameter: string]: string | number };

/**
 * The start of a network: weights as the setting says, each member from its own seed; weights of normalisation layers 1,
 * their biases 0.
 * @param setting a valid one
 */
export function initNetwork({ blocks, arena }: Mlp, members: number, setting: InitSetting): readonly Dispatch[] {
  const { name, ...parameters } = setting;
  const init = findInit(name) as Init;
  const placeOf = (tensor: Tensor): InitPlace => ({
    tensor,
    index: arena.tensors.indexOf(tensor),
    members,
    stride: arena.stride,
  });
  return blocks.flatMap(({ dense, norm }) => [
    ...init.fill(placeOf(dense.weight), parameters as InitParameters),
    init.biasBound ? uniform(placeOf(dense.bias), init.biasBound(dense.inputs)) : constant(placeOf(dense.bias), 0),
    ...(norm ? [constant(placeOf(norm.weight), 1), constant(placeOf(norm.bias), 0)] : []),
  ]);
}
