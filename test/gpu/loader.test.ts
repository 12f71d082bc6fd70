import { expect, test } from "vitest";
import { joinShader } from "../../src/gpu/loader.ts";

/** Joins `main.wgsl` (and `lib.wgsl`, where given) and drops empty lines and indentation. */
function join(main: string, constants: Record<string, number | boolean> = {}, lib?: string) {
  const files: Record<string, string> = { "main.wgsl": main, ...(lib === undefined ? {} : { "lib.wgsl": lib }) };
  const uses = lib === undefined ? [] : ["lib.wgsl"];
  return joinShader({ shader: "main.wgsl", uses, constants }, (path) => {
    const text = files[path];
    if (text === undefined) throw new Error(`no file ${path}`);
    return text;
  });
}

function compact(code: string): string {
  return code.replace(/\s+/g, " ").trim();
}

test("joins library files before the shader, each once, and leads lines back", () => {
  const read = (path: string) => `// ${path}\nfn ${path[0]}() {}\n`;
  const joined = joinShader({ shader: "c.wgsl", uses: ["a.wgsl", "b.wgsl", "a.wgsl"] }, read);
  expect(joined.code.match(/fn \w/g)).toEqual(["fn a", "fn b", "fn c"]);
  const line = joined.code.split("\n").indexOf("fn b() {}") + 1;
  expect(joined.locate(line)).toEqual({ file: "b.wgsl", line: 2, text: "fn b() {}" });
});

test("hoists directives, each once", () => {
  const { code, locate } = join(
    "// kernel\nenable subgroups;\nfn main() {}",
    {},
    "enable f16;\nenable subgroups;\nfn f() {}",
  );
  expect(code.split("\n").slice(0, 3)).toEqual(["enable f16;", "enable subgroups;", "fn f() {}"]);
  expect(code.match(/enable/g)).toHaveLength(2);
  expect(locate(1)).toMatchObject({ file: "lib.wgsl", line: 1 });
});

test("an unknown file is the reader's error", () => {
  expect(() =>
    joinShader({ shader: "x.wgsl", uses: [] }, () => {
      throw new Error("no file x.wgsl");
    }),
  ).toThrow("no file x.wgsl");
});

test.each([
  ["const A = 1u;", 8, "const A = 8u;"],
  ["const A: u32 = 1u; // tile", 8, "const A: u32 = 8u; // tile"],
  ["const A: u32 = 1;", 8, "const A: u32 = 8u;"],
  ["const A = 1;", -8, "const A = -8;"],
  ["const A = 0.5;", 2, "const A = 2.0;"],
  ["const A: f32 = 1;", 1e-8, "const A: f32 = 1e-8;"],
  ["const A = 1f;", 2, "const A = 2.0f;"],
  ["const A = false;", true, "const A = true;"],
])("replaces %s by %s", (line, value, expected) => {
  expect(join(line, { A: value }).code.trim()).toBe(expected);
});

test("only whole names are replaced", () => {
  expect(join("const AB = 1u;\nconst A = 1u;", { A: 2 }).code.trim()).toBe("const AB = 1u;\nconst A = 2u;");
});

test("a constant that no file declares, or of another type, is an error", () => {
  expect(() => join("const A = 1u;", { B: 2 }, "")).toThrow("for B in lib.wgsl, main.wgsl");
  expect(() => join("\nconst A = 1u;", { A: true })).toThrow("main.wgsl:2: constant A = 1u cannot become true");
  expect(() => join("const A = 1u;", { A: -1 })).toThrow("same type");
  expect(() => join("const A = 1;", { A: 0.5 })).toThrow("same type");
});

test("writes out a marked loop, whole words only", () => {
  const { code } = join("// @unroll\nfor (var i = 0u; i < 2u; i++) {\n  sum_i[i] += v.i * f32(i);\n}\nend");
  expect(compact(code)).toBe("{ sum_i[0u] += v.i * f32(0u); } { sum_i[1u] += v.i * f32(1u); } end");
});

test("bounds may be expressions of constants, replaced ones too", () => {
  const shader =
    "const N = 2u;\nconst M = N * 2u;\n// @unroll\nfor (var j = N / 2u; j < (M - 1) * 2; j += N) { f(j); }";
  expect(compact(join(shader, { N: 3 }).code)).toContain("{ f(1u); } { f(4u); } { f(7u); }");
});

test("a signed variable stays abstract", () => {
  expect(compact(join("// @unroll\nfor (var i = -1; i < 1; i++) { f(i); }").code)).toBe("{ f((-1)); } { f(0); }");
});

test("nested loops unroll, and an unmarked one stays", () => {
  const shader = [
    "  // @unroll",
    "  for (var i = 0u; i < 2u; i++) {",
    "    // @unroll",
    "    for (var j = i; j < 2u; j++) {",
    "      f(i, j); // a brace } in a comment",
    "    }",
    "    for (var k = 0u; k < i; k++) { g(k); }",
    "  }",
  ].join("\n");
  const { code, locate } = join(shader);
  expect(code.match(/f\(\du, \du\)/g)).toEqual(["f(0u, 0u)", "f(0u, 1u)", "f(1u, 1u)"]);
  expect(code).toContain("for (var k = 0u; k < 1u; k++) { g(k); }");
  const line = code.split("\n").findIndex((text) => text.includes("f(1u, 1u)")) + 1;
  expect(locate(line)).toMatchObject({ file: "main.wgsl", line: 5 });
});

test("a loop that cannot be expanded is an error with its place", () => {
  expect(() => join("// @unroll\nlet a = 1;")).toThrow('main.wgsl:1: "// @unroll" must stand above');
  expect(() => join("// @unroll\nfor (var i = 0u; j < 2u; i++) {}")).toThrow("must stand above");
  expect(() => join("// @unroll\nfor (var i = 0u; i < shape.k; i++) {}")).toThrow('"shape.k" is no constant integer');
  expect(() => join("// @unroll\nfor (var i = 0u; i < N; i++) {}")).toThrow('"N" is no constant integer');
  expect(() => join("// @unroll\nfor (var i = 0u; i < 4u; i += 0u) {}")).toThrow("step by 1 or more");
  expect(() => join("// @unroll\nfor (var i = 0u; i < 4u; i++) {\n")).toThrow(
    "main.wgsl:2: this unrolled loop is never closed",
  );
  expect(() => join("// @unroll\nfor (var i = 0u; i < 4u; i++) {\nif (a) { break; }\n}")).toThrow("main.wgsl:3");
});

test("a large expansion takes milliseconds", () => {
  const lines = Array.from({ length: 8 }, (_, n) => `acc_${n}[i] += a[j] * b[i * 8u + j];`);
  const shader = `// @unroll\nfor (var i = 0u; i < 64u; i++) {\n// @unroll\nfor (var j = 0u; j < 32u; j++) {\n${lines.join("\n")}\n}\n}`;
  const start = performance.now();
  const { code } = join(shader);
  expect(performance.now() - start).toBeLessThan(500);
  expect(code.match(/acc_7/g)).toHaveLength(64 * 32);
});
