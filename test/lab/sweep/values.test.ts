import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAxis, type SweepValue, valueText } from "../../../src/lab/sweep/values.ts";
import { RecipeError } from "../../../src/train/recipe.ts";

const listOf = (text: string) => {
  const { values } = parseAxis(text);
  return values.kind === "list" ? values.list : values;
};

test.each<[string, unknown]>([
  ["lr=0.1,0.01,1e-3", [0.1, 0.01, 0.001]],
  ["lr = 0.1, 0.01", [0.1, 0.01]],
  ["batch_size=50,full", [50, "full"]],
  ["batch_norm=true,false", [true, false]],
  ["clip_norm=null,1", [null, 1]],
  ["optimizer=sgd,adam", ["sgd", "adam"]],
  ['optimizer={"name":"adam","beta1":0.8},sgd', [{ name: "adam", beta1: 0.8 }, "sgd"]],
  ["hidden=[128,64],[256],[]", [[128, 64], [256], []]],
  ['name="a,b","[c\\"]"', ["a,b", '[c"]']],
  ["lr=log(1e-4,1e-1,4)", [1e-4, 1e-3, 1e-2, 1e-1]],
  ["lr=log(1e-3,1e-2,3)", [0.001, 0.003162, 0.01]],
  ["dropout=linear(0,0.3,4)", [0, 0.1, 0.2, 0.3]],
  ["epochs=int(1,10,4)", [1, 4, 7, 10]],
  ["epochs=int(1,3,9)", [1, 2, 3]],
  ["lr=log(1e-4,1)", { kind: "range", scale: "log", low: 1e-4, high: 1 }],
  ["beta1=uniform(0.8,0.99)", { kind: "range", scale: "uniform", low: 0.8, high: 0.99 }],
  ["batch_size=int(10,200)", { kind: "range", scale: "int", low: 10, high: 200 }],
])("%s", (text, expected) => {
  expect(listOf(text)).toEqual(expected);
  expect(parseAxis(text).path).toBe(text.slice(0, text.indexOf("=")).trim());
});

test.each<[string, string]>([
  ["lr", "it must be PATH=VALUES"],
  ["=1", "it must be PATH=VALUES"],
  ["lr=", "it must be PATH=VALUES"],
  ["lr=1,,2", "a value is empty"],
  ["lr=1,1.0", "1 is given twice"],
  ["lr=log(1e-4)", "it must be log(lo,hi), or with --random log(lo,hi,n)"],
  ["lr=log(1,2,3,4)", "all of them numbers"],
  ["lr=log(a,b,3)", "all of them numbers"],
  ["lr=log(1,2,)", "all of them numbers"],
  ["lr=log(0,1,3)", "must be above 0"],
  ["lr=linear(1,1,3)", "the first number must be below the second"],
  ["lr=linear(0,1)", "it must be linear(lo,hi,n)"],
  ["lr=uniform(0,1,3)", "it must be uniform(lo,hi)"],
  ["lr=int(0.5,2)", "int takes whole numbers"],
  ["lr=log(1e-4,1,1)", "the number of values must be 2 to 10000"],
  ["lr=log(1e-4,1,2.5)", "the number of values must be 2 to 10000"],
  ["lr=log(1e-4,1", "a range's bracket is not closed"],
  ["lr=log(1e-4,1,3),2", "a range's bracket is not closed"],
  ["lr=exp(1,2,3)", 'there is no range "exp"'],
  ["hidden=[1,2", "a bracket or a quote is not closed"],
  ["hidden=[1,]", "is no JSON"],
])("%s is refused", (text, part) => {
  const refusal = () => parseAxis(text);
  expect(refusal).toThrow(RecipeError);
  expect(refusal).toThrow(part);
  expect(refusal).toThrow(`--vary ${text}: `);
});

describe("properties", () => {
  const word = fc.stringMatching(/^[a-z_]{1,8}$/).filter((text) => !["true", "false", "null", "nan"].includes(text));
  const plain = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), word);
  const value: fc.Arbitrary<SweepValue> = fc.oneof(
    plain.map((one) => (Object.is(one, -0) ? 0 : one)),
    fc.constant(null),
    fc.array(fc.oneof(fc.integer(), fc.string()), { maxLength: 3 }),
    fc.dictionary(word, fc.oneof(fc.integer(), fc.string()), { maxKeys: 2, noNullPrototype: true }),
  );

  test("what is written is read back", () => {
    const lists = fc.uniqueArray(value, { minLength: 1, maxLength: 6, selector: (one) => JSON.stringify(one) });
    fc.assert(
      fc.property(word, lists, (path, list) => {
        expect(parseAxis(`${path}=${list.map(valueText).join(",")}`)).toEqual({ path, values: { kind: "list", list } });
      }),
    );
  });

  test("spaced values climb from the first number to the second", () => {
    const number = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        number,
        number,
        fc.integer({ min: 2, max: 30 }),
        fc.constantFrom("log", "linear"),
        (a, b, n, scale) => {
          fc.pre(Math.max(a, b) > 1.5 * Math.min(a, b));
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          const list = listOf(`lr=${scale}(${low},${high},${n})`) as number[];
          expect(list).toHaveLength(n);
          expect([list[0], list.at(-1)]).toEqual([low, high]);
          for (const [i, one] of list.slice(1).entries()) expect(one).toBeGreaterThan(list[i] as number);
        },
      ),
    );
  });

  test("any text is read or refused with its own words", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'lr=,()[]{}"\\1e-.log') })), (text) => {
        try {
          parseAxis(text);
        } catch (error) {
          expect(error).toBeInstanceOf(RecipeError);
          expect((error as Error).message).toContain(`--vary ${text}: `);
        }
      }),
    );
  });
});
