import type { Hyper } from "../../src/optim/optimizer.ts";

/** Adam's four hyper-parameters beside lr, as the optimizers of its family take them. */
const family = [
  { lr: 0.01, beta1: 0.5, beta2: 0.9, weight_decay: 0.1, eps: 1e-4 },
  { lr: 0.01, beta1: 0, beta2: 0 },
  { lr: 0.01, eps: 0, eps_root: 1e-4 },
];

/**
 * Hyper-parameters to test each optimizer with, beside its defaults: every one of them has another value in some. The last
 * one has the most parts.
 */
export const SETTINGS: Readonly<Record<string, readonly Hyper[]>> = {
  sgd: [{ lr: 0.1 }, { lr: 0.03, weight_decay: 0.1 }],
  momentum: [
    { lr: 0.1, momentum: 0.5 },
    { lr: 0.1, momentum: 0 },
    { lr: 0.1, dampening: 1 },
    { lr: 0.03, momentum: 0.9, dampening: 0.3, weight_decay: 0.1 },
  ],
  nesterov: [
    { lr: 0.1, momentum: 0.5 },
    { lr: 0.03, momentum: 0.99, weight_decay: 0.1 },
  ],
  asgd: [
    { lr: 0.1, lambd: 0.1, alpha: 0.5, t0: 5 },
    { lr: 0.1, lambd: 0.5, alpha: 1, t0: 0, weight_decay: 0.1 },
  ],
  lion: [
    { lr: 0.01, beta1: 0, beta2: 0 },
    { lr: 0.01, beta1: 0.5, beta2: 0.9, weight_decay: 0.1 },
  ],
  rprop: [
    { lr: 0.1, step_min: 0.05, step_max: 0.11 },
    { lr: 0.02, eta_minus: 0.3, eta_plus: 1.5, step_min: 0.01, step_max: 0.1, weight_decay: 0.1 },
  ],
  adagrad: [
    { lr: 0.1, lr_decay: 0.05, weight_decay: 0.1 },
    { lr: 0.1, initial_accumulator_value: 0.5, eps: 1e-3 },
    { lr: 0.1, eps: 0, eps_root: 1e-4 },
  ],
  rmsprop: [
    { lr: 0.02, alpha: 0.9, weight_decay: 0.1, eps: 1e-4 },
    { lr: 0.01, alpha: 0.9, momentum: 0.9 },
    { lr: 0.01, alpha: 0.9, centered: true },
    { lr: 0.01, alpha: 0.9, centered: true, momentum: 0.5, eps: 0, eps_root: 1e-4 },
  ],
  adadelta: [
    { lr: 0.5, rho: 0 },
    { lr: 0.5, rho: 0.7, weight_decay: 0.1, eps: 1e-3 },
  ],
  adam: family,
  adamw: [...family.slice(0, 2), { lr: 0.1, weight_decay: 0.5, eps: 0, eps_root: 1e-4 }],
  adamax: [
    { lr: 0.01, beta1: 0, beta2: 0 },
    { lr: 0.01, beta1: 0.5, beta2: 0.9, weight_decay: 0.1, eps: 1e-2 },
  ],
  amsgrad: family,
  nadam: [...family.slice(0, 2), { lr: 0.01, momentum_decay: 0.1, eps: 0, eps_root: 1e-4 }],
  // The sixth step is the first that divides by the root; with a beta2 of 0 none does.
  radam: family,
  // A beta2 near 0 leaves epsilon alone where the gradient keeps to its average, and the step is as large as rounding is.
  adabelief: [
    { lr: 0.01, beta1: 0.3, beta2: 0.5, eps_root: 1e-6 },
    { lr: 0.01, beta1: 0.5, beta2: 0.9, weight_decay: 0.1, eps: 1e-4, eps_root: 1e-6 },
  ],
  adan: [
    { lr: 0.01, beta1: 0, beta2: 0, beta3: 0 },
    { lr: 0.01, eps: 0, eps_root: 1e-4 },
    { lr: 0.1, beta1: 0.9, beta2: 0.5, beta3: 0.8, weight_decay: 0.5, eps: 1e-4 },
  ],
  lars: [
    { lr: 1, momentum: 0, trust_coefficient: 0.1 },
    { lr: 0.5, momentum: 0.5, trust_coefficient: 0.1, weight_decay: 0.1 },
  ],
  lamb: [{ lr: 0.01, beta1: 0, beta2: 0 }, { lr: 0.01, eps: 0, eps_root: 1e-4 }, { ...family[0], lr: 0.1 } as Hyper],
  schedule_free_sgd: [
    { lr: 0.1, beta: 0.5, warmup_steps: 10 },
    { lr: 0.05, beta: 0.95, warmup_steps: 4, weight_decay: 0.1 },
  ],
  schedule_free_adamw: [
    { lr: 0.1, beta1: 0.5, beta2: 0.9, eps: 1e-4 },
    { lr: 0.05, beta1: 0.95, beta2: 0.9, warmup_steps: 4, weight_decay: 0.1, eps: 0, eps_root: 1e-4 },
  ],
  adafactor: [
    { lr: 0.1, beta2_decay: 0.5, relative_step: false },
    { lr: 1, eps1: 1e-4, eps2: 0.5, d: 0.5, weight_decay: 0.1 },
  ],
  prodigy: [
    { d0: 0.01, beta1: 0.5, beta2: 0.9, eps: 1e-4 },
    { lr: 0.5, d0: 0.05, d_coef: 1.5, beta2: 0.99, weight_decay: 0.1 },
  ],
  muon: [
    { lr: 0.01, momentum: 0.5, input_layer: false, output_layer: true },
    {
      lr: 0.05,
      momentum: 0.8,
      weight_decay: 0.1,
      adamw_lr: 0.01,
      beta1: 0.5,
      beta2: 0.9,
      eps: 1e-4,
      output_layer: true,
    },
  ],
  soap: [
    { lr: 0.01, precondition_frequency: 1, shampoo_beta: 0.8 },
    { lr: 0.01, beta1: 0, beta2: 0.9, precondition_frequency: 4, max_precondition_dim: 8 },
    { lr: 0.1, beta1: 0.5, beta2: 0.9, shampoo_beta: 0.9, eps: 1e-4, weight_decay: 0.1, precondition_frequency: 3 },
  ],
  lbfgs: [
    { lr: 0.5, tolerance_grad: 1e-5, tolerance_change: 1e-7 },
    { lr: 2, history_size: 3 },
  ],
};
