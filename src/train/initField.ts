import type { InitSetting } from "../nn/init/network.ts";
import { findInit, inits } from "../nn/init/registry.ts";
import { bareNamedField } from "./namedField.ts";

/** A start of the weights in a recipe: its name alone, or with parameters; what is left out takes the start's default. */
export const initField = bareNamedField<InitSetting>(
  inits.map(({ name }) => name),
  (name) => findInit(name)?.parameters,
);
