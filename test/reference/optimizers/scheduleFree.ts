// Schedule-free optimizers in f64, with their three sequences apart: x the average, z the steps, y where gradients are taken.
import { common, type Hyper, type ReferenceOptimizer, type State } from "./element.ts";

interface Course {
  readonly average: Float64Array;
  /** Sum of gamma^2 over all steps. */
  sum: number;
}

const courses = new WeakMap<State, Course>();

const start = (x: Float64Array, more: State = {}): State => {
  const state = { z: x.slice(), ...more };
  courses.set(state, { average: x.slice(), sum: 0 });
  return state;
};

/** The three equations of section 1 of Defazio et al. 2024, c_t+1 = gamma_t^2 / sum of gamma_i^2; y is the parameters. */
function advance(y: Float64Array, state: State, gamma: number, beta: number, direction: (i: number) => number): void {
  const z = state.z as Float64Array;
  const course = courses.get(state) as Course;
  course.sum += gamma ** 2;
  const c = gamma ** 2 / course.sum;
  y.forEach((_, i) => {
    z[i] = (z[i] as number) - gamma * direction(i);
    course.average[i] = (1 - c) * (course.average[i] as number) + c * (z[i] as number);
    y[i] = (1 - beta) * (z[i] as number) + beta * (course.average[i] as number);
  });
}

const warmup = (hyper: Hyper, t: number) => Math.min(1, t / Math.max(1, (hyper.warmup_steps ?? 0) as number));
const seen = (state: State) => courses.get(state)?.average as Float64Array;

export const schedule_free_sgd: ReferenceOptimizer = {
  init: (size, _, x = new Float64Array(size)) => start(x),
  step(y, g, state, hyper, t) {
    const { lr, weight_decay } = common(hyper);
    const beta = (hyper.beta ?? 0.9) as number;
    const [at, gamma] = [y.slice(), lr * warmup(hyper, t)];
    advance(y, state, gamma, beta, (i) => (g[i] as number) + weight_decay * (at[i] as number));
  },
  seen,
};

/** Algorithm 1. */
export const schedule_free_adamw: ReferenceOptimizer = {
  init: (size, _, x = new Float64Array(size)) => start(x, { exp_avg_sq: new Float64Array(size) }),
  step(y, g, state, hyper, t) {
    const { lr, weight_decay, eps, eps_root } = common(hyper, 1e-8);
    const { beta1 = 0.9, beta2 = 0.999 } = hyper as Record<string, number>;
    const v = state.exp_avg_sq as Float64Array;
    g.forEach((value, i) => {
      v[i] = beta2 * (v[i] as number) + (1 - beta2) * value ** 2;
    });
    const at = y.slice();
    const gamma = lr * Math.sqrt(1 - beta2 ** t) * warmup(hyper, t);
    advance(y, state, gamma, beta1, (i) => {
      const direction = (g[i] as number) / (Math.sqrt((v[i] as number) + eps_root) + eps);
      return direction + weight_decay * (at[i] as number);
    });
  },
  seen,
};
