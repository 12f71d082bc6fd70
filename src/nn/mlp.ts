import type { DenseLayer } from "./dense.ts";
import { type Arena, layOut } from "./tensors.ts";

/** A multilayer perceptron: dense layers fc1, fc2, ..., an activation between them, the last one's output raw (logits). */
export interface Mlp {
  readonly layers: readonly DenseLayer[];
  readonly arena: Arena;
}

/** @param widths inputs, hidden widths (none for softmax regression), classes */
export function mlp(widths: readonly number[], activation: string): Mlp {
  const shapes: Record<string, readonly number[]> = {};
  for (let i = 1; i < widths.length; i++) {
    shapes[`fc${i}.weight`] = [widths[i] as number, widths[i - 1] as number];
    shapes[`fc${i}.bias`] = [widths[i] as number];
  }
  const arena = layOut(shapes);
  const find = (name: string) => arena.tensors.find((tensor) => tensor.name === name) as Arena["tensors"][number];
  const layers = widths.slice(1).map((outputs, i): DenseLayer => {
    const name = `fc${i + 1}`;
    return {
      name,
      inputs: widths[i] as number,
      outputs,
      activation: i + 2 === widths.length ? "identity" : activation,
      weight: find(`${name}.weight`),
      bias: find(`${name}.bias`),
    };
  });
  return { layers, arena };
}
