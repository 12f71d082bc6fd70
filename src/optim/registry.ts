import { adabelief } from "./adabelief.ts";
import { adadelta } from "./adadelta.ts";
import { adafactor } from "./adafactor.ts";
import { adagrad } from "./adagrad.ts";
import { adam } from "./adam.ts";
import { adamax } from "./adamax.ts";
import { adamw } from "./adamw.ts";
import { adan } from "./adan.ts";
import { amsgrad } from "./amsgrad.ts";
import { asgd } from "./asgd.ts";
import { lamb } from "./lamb.ts";
import { lars } from "./lars.ts";
import { lbfgs } from "./lbfgs.ts";
import { lion } from "./lion.ts";
import { momentum } from "./momentum.ts";
import { muon } from "./muon.ts";
import { nadam } from "./nadam.ts";
import { nesterov } from "./nesterov.ts";
import type { Optimizer } from "./optimizer.ts";
import { prodigy } from "./prodigy.ts";
import { radam } from "./radam.ts";
import { rmsprop } from "./rmsprop.ts";
import { rprop } from "./rprop.ts";
import { schedule_free_adamw } from "./schedule_free_adamw.ts";
import { schedule_free_sgd } from "./schedule_free_sgd.ts";
import { sgd } from "./sgd.ts";
import { soap } from "./soap.ts";

/** Every optimizer, by rising complexity: reading down the list is a way to learn them. */
export const optimizers: readonly Optimizer[] = [
  sgd,
  momentum,
  nesterov,
  asgd,
  lion,
  rprop,
  adagrad,
  rmsprop,
  adadelta,
  adam,
  adamw,
  adamax,
  amsgrad,
  nadam,
  radam,
  adabelief,
  adan,
  lars,
  lamb,
  schedule_free_sgd,
  schedule_free_adamw,
  adafactor,
  prodigy,
  muon,
  soap,
  lbfgs,
];

/** An optimizer by its name. */
export function findOptimizer(name: string): Optimizer | undefined {
  return optimizers.find((optimizer) => optimizer.name === name);
}
