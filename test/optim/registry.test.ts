import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readShader } from "#platform";
import { reflectStruct } from "../../src/gpu/reflect.ts";
import { findOptimizer, optimizers } from "../../src/optim/registry.ts";
import { usedSlots } from "../../src/optim/update.ts";

/** The file's lines `const NAME = value;`, values as written. */
function constantsOf(shader: string): Map<string, string> {
  return new Map(
    [...shader.matchAll(/^const (\w+) = (\w+);/gm)].map(([, name, value]) => [name as string, value as string]),
  );
}

test("names are unique, and found", () => {
  expect(new Set(optimizers.map(({ name }) => name)).size).toBe(optimizers.length);
  for (const optimizer of optimizers) expect(findOptimizer(optimizer.name)).toBe(optimizer);
  expect(findOptimizer("no such optimizer")).toBeUndefined();
});

describe.each(optimizers)("$name", (optimizer) => {
  const shader = readShader(`optim/${optimizer.name}.wgsl`);
  const defaults = optimizer.hyper.parse({});
  const constants = constantsOf(shader);
  const slots = optimizer.slots(defaults);
  const reasonOf = (given: object) => {
    const parsed = optimizer.hyper.safeParse(given);
    return parsed.success
      ? undefined
      : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join();
  };

  test("step() gives the fields of the shader's struct Hyper, finite at the first step and after many", () => {
    const { fields } = reflectStruct(shader, "Hyper");
    for (const t of [1, 2, 1_000_000]) {
      const values = optimizer.step(defaults, t);
      expect(Object.keys(values)).toEqual(fields.map(({ name }) => name));
      expect(Object.values(values).every(Number.isFinite)).toBe(true);
    }
    expect(fields.every(({ layout }) => layout.kind === "f32")).toBe(true);
  });

  test("step() depends on nothing but t, whatever was asked before", () => {
    const [early, late] = [optimizer.step(defaults, 3), optimizer.step(defaults, 3000)];
    expect(optimizer.step(defaults, 3)).toEqual(early);
    optimizer.step(defaults, 2999);
    expect(optimizer.step(defaults, 3000)).toEqual(late);
  });

  test("its slots are the shader's, under the same numbers", () => {
    const { SLOTS, ...numbers } = Object.fromEntries([...constants].filter(([, value]) => /^\d+u$/.test(value)));
    expect(numbers).toEqual(Object.fromEntries(slots.map(({ name }, i) => [name, `${i}u`])));
    expect(SLOTS).toBe(slots.length === 0 ? undefined : `${slots.length}u`);
    expect(usedSlots(optimizer, defaults).every(({ fill = 0 }) => Number.isFinite(fill))).toBe(true);
  });

  test("its switches are the shader's", () => {
    const flags = [...constants].filter(([, value]) => value === "true" || value === "false").map(([name]) => name);
    expect(Object.keys(optimizer.switches?.(defaults) ?? {}).sort()).toEqual(flags.sort());
  });

  test("the header gives formula and source, and holds no bindings", () => {
    const header = shader.slice(0, shader.search(/^[^/]/m));
    expect(header).toMatch(/^\/\/ Source: .*\b(19|20)\d\d\b/m);
    expect(header).toMatch(/^\/\/ {3}x <- /m);
    expect(shader).not.toContain("@group");
    expect(optimizer.summary).not.toBe("");
  });

  test("every hyper-parameter has a default and a description", () => {
    expect(optimizer.hyper.parse(defaults)).toEqual(defaults);
    const { properties = {} } = z.toJSONSchema(optimizer.hyper) as {
      properties?: Record<string, { description?: string }>;
    };
    expect(Object.keys(properties)).toEqual(Object.keys(defaults));
    for (const { description } of Object.values(properties)) expect(description).toBeTruthy();
  });

  test.each(Object.entries(defaults))("%s refuses what is out of range or of another type", (name, value) => {
    const wrong =
      typeof value === "boolean" ? [1, "true", null] : [-1, Number.NaN, Number.POSITIVE_INFINITY, "0.1", null, true];
    for (const given of wrong) expect(reasonOf({ [name]: given }), `${given}`).toContain(`${name}: `);
  });

  test("an unknown hyper-parameter is refused by name", () => {
    expect(reasonOf({ lrr: 0.1 })).toContain('"lrr"');
  });
});

const message = (name: string, given: object) =>
  z.prettifyError(findOptimizer(name)?.hyper.safeParse(given).error as z.ZodError);

test.each(optimizers.map(({ name }) => name))("%s refuses a learning rate of 0", (name) => {
  expect(message(name, { lr: 0 })).toContain("expected number to be >0");
});

test.each([
  ["momentum", "momentum"],
  ["nesterov", "momentum"],
  ["muon", "momentum"],
  ["muon", "beta1"],
  ["muon", "beta2"],
  ["soap", "beta1"],
  ["soap", "beta2"],
  ["soap", "shampoo_beta"],
  ["rmsprop", "alpha"],
  ["rmsprop", "momentum"],
  ["adadelta", "rho"],
  ["adan", "beta3"],
  ...["lion", "adam", "adamw", "adamax", "amsgrad", "nadam", "radam", "adabelief", "adan", "lamb", "prodigy"].flatMap(
    (name) => [[name, "beta1"] as const, [name, "beta2"] as const],
  ),
] as const)("%s refuses a decay rate %s of 1, and takes 0", (name, rate) => {
  expect(message(name, { [rate]: 1 })).toContain("must be at least 0 and below 1");
  expect(findOptimizer(name)?.hyper.safeParse({ [rate]: 0 }).success).toBe(true);
});

test("dampening goes up to 1", () => {
  expect(findOptimizer("momentum")?.hyper.safeParse({ dampening: 1 }).success).toBe(true);
  expect(message("momentum", { dampening: 1.1 })).toContain("expected number to be <=1");
});

test.each([
  ["rprop", { eta_minus: 1 }, "expected number to be <1"],
  ["rprop", { eta_plus: 1 }, "expected number to be >1"],
  ["rprop", { step_max: 0 }, "expected number to be >0"],
  ["rprop", { step_min: 2, step_max: 1 }, "step_min cannot be above step_max: no step size would be left"],
  ["adadelta", { eps: 0 }, "expected number to be >0"],
  ["adamax", { eps: 0 }, "expected number to be >0"],
  ["prodigy", { eps: 0 }, "expected number to be >0"],
  ["muon", { adamw_lr: 0 }, "expected number to be >0"],
  ["muon", { eps: 0 }, "expected number to be >0"],
  ["muon", { output_layer: 1 }, "expected boolean"],
  ["lbfgs", { history_size: 0 }, "expected number to be >=1"],
  ["lbfgs", { history_size: 2.5 }, "expected int"],
  ["lbfgs", { line_search_fn: "strong_wolfe" }, 'Unrecognized key: "line_search_fn"'],
  ["soap", { eps: 0 }, "expected number to be >0"],
  ["soap", { precondition_frequency: 0 }, "expected number to be >=1"],
  ["soap", { precondition_frequency: 2.5 }, "expected int"],
  ["soap", { max_precondition_dim: 2048 }, "expected number to be <=1024"],
  ["prodigy", { d0: 0 }, "expected number to be >0"],
  ["adafactor", { eps1: 0 }, "expected number to be >0"],
  ["lars", { trust_coefficient: 0 }, "expected number to be >0"],
  ["schedule_free_sgd", { beta: 0 }, "must be above 0 and below 1"],
  ["schedule_free_sgd", { beta: 1 }, "must be above 0 and below 1"],
  ["schedule_free_adamw", { beta1: 0 }, "must be above 0 and below 1"],
  ["schedule_free_adamw", { beta1: 1 }, "must be above 0 and below 1"],
  ["schedule_free_adamw", { warmup_steps: 0.5 }, "expected int"],
])("%s refuses %j", (name, given, reason) => {
  expect(message(name, given)).toContain(reason);
});

const twoEpsilons = ["adagrad", "rmsprop", "adam", "adamw", "amsgrad", "nadam", "radam", "adabelief", "adan", "lamb"];

test.each(twoEpsilons)("%s wants one epsilon above 0, and takes either", (name) => {
  expect(message(name, { eps: 0, eps_root: 0 })).toContain("eps and eps_root cannot both be 0");
  expect(findOptimizer(name)?.hyper.safeParse({ eps: 1e-8, eps_root: 0 }).success).toBe(true);
  expect(findOptimizer(name)?.hyper.safeParse({ eps: 0, eps_root: 1e-8 }).success).toBe(true);
});

test("rprop's step sizes start at lr", () => {
  const rprop = findOptimizer("rprop");
  expect(rprop?.slots(rprop.hyper.parse({ lr: 0.3 })).at(-1)).toEqual({ name: "step_size", fill: 0.3 });
});

test("nadam's momenta multiply up, each at its own step", () => {
  const nadam = findOptimizer("nadam");
  const hyper = nadam?.hyper.parse({ lr: 1 });
  const mu = (t: number) => 0.9 * (1 - 0.5 * 0.96 ** (t * 4e-3));
  let product = 1;
  for (let t = 1; t <= 1000; t++) {
    product *= mu(t);
    const { gradient_rate, momentum_rate } = (hyper && nadam?.step(hyper, t)) ?? {};
    expect(gradient_rate).toBe((1 - mu(t)) / (1 - product));
    expect(momentum_rate).toBe(mu(t + 1) / (1 - product * mu(t + 1)));
  }
});

test("radam divides by no root before the sixth step", () => {
  const radam = findOptimizer("radam");
  const rectifications = [1, 5, 6, 1e6].map((t) => radam?.step(radam.hyper.parse({}), t).rectification as number);
  expect(rectifications.slice(0, 2)).toEqual([0, 0]);
  expect(rectifications[2]).toBeGreaterThan(0);
  expect(rectifications[3]).toBe(1);
});

test("what hyper-parameters do without takes no slot", () => {
  const names = (given: object) => {
    const rmsprop = findOptimizer("rmsprop");
    return rmsprop && usedSlots(rmsprop, rmsprop.hyper.parse(given)).map(({ name }) => name);
  };
  expect(names({})).toEqual(["square_avg"]);
  expect(names({ momentum: 0.9 })).toEqual(["square_avg", "momentum_buffer"]);
  expect(names({ centered: true })).toEqual(["square_avg", "grad_avg"]);
  expect(names({ centered: true, momentum: 0.9 })).toEqual(["square_avg", "grad_avg", "momentum_buffer"]);
});
