import { readShader } from "#platform";
import type { Dispatch } from "../../src/gpu/dispatch.ts";
import { reflectStruct } from "../../src/gpu/reflect.ts";
import { encodeStruct, type StructValues } from "../../src/gpu/uniforms.ts";
import { MEMBER_SHADER } from "../../src/nn/member.ts";
import { type Arena, layOut } from "../../src/nn/tensors.ts";
import type { Site } from "../../src/optim/optimizer.ts";
import { tensorTable } from "../../src/optim/segments.ts";
import { uniform } from "../reference/random.ts";

/** Tensors of all kinds: odd rows with pads, a weight of one row, one of several segments, biases, a norm's parameters. */
export const ARENA = layOut({
  "fc1.weight": [7, 785],
  "fc1.bias": [7],
  "bn1.weight": [7],
  "bn1.bias": [7],
  "fc2.weight": [1, 7],
  "fc2.bias": [1],
  "fc3.weight": [5, 1],
  "fc3.bias": [5],
});

export const siteOf = (members: number, arena: Arena = ARENA): Site => ({
  arena,
  members,
  groups: 1,
  quadsPerThread: 1,
});

/** Which of a member's floats belong to a tensor, by index: its name, row and column. Pads belong to none. */
export function placesOf({ tensors, stride }: Arena) {
  const places = new Array<{ name: string; isWeight: boolean; row: number } | undefined>(stride).fill(undefined);
  for (const { name, shape, rows, columns, rowStride, offset } of tensors) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        places[offset + row * rowStride + column] = { name, isWeight: shape.length === 2, row };
      }
    }
  }
  return places;
}

/** A member's part of an arena: random in -scale..scale, its pads 0. */
export function randomPart(arena: Arena, seed: number, scale = 1): Float32Array {
  const values = uniform(arena.stride, seed, scale);
  return Float32Array.from(placesOf(arena), (place, i) => (place ? (values[i] as number) : 0));
}

/** The table `population`; what is left out of a member is 0, and it is enabled. */
export function populationOf(members: readonly StructValues[]): Uint8Array {
  const layout = reflectStruct(readShader(MEMBER_SHADER), "Member");
  const zeros = Object.fromEntries(layout.fields.map(({ name }) => [name, 0]));
  const rows = members.map((own) => new Uint8Array(encodeStruct(layout, { ...zeros, enabled: 1, ...own })));
  return Uint8Array.from(rows.flatMap((row) => [...row]));
}

/** The table `tensors` as an array. */
export function tensorsOf(site: Site): Uint32Array {
  return Uint32Array.from(tensorTable(site).tensors?.values ?? []);
}

/** With all its workgroups cut to a few. */
export const fewer = (dispatch: Dispatch, x: number): Dispatch => ({
  ...dispatch,
  workgroups: [Math.min(x, dispatch.workgroups[0]), dispatch.workgroups[1], dispatch.workgroups[2]],
});
