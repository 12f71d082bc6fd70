/**
 * Makes one WGSL module of whole files. Beyond joining them it does three things, each visible in the file and harmless
 * without it: it hoists directives, replaces the values of named constants, and expands loops marked `// @unroll`.
 */

/** What the loader needs to know of a kernel. Paths are relative to the shader folder. */
export interface ShaderSources {
  /** The file with the entry point; it comes last. */
  readonly shader: string;
  /** Library files in order, each joined once. */
  readonly uses: readonly string[];
  /** New values for `const NAME = value;` declarations that start a line in any of the files. */
  readonly constants?: Readonly<Record<string, number | boolean>>;
}

/** Where a line of the joined module came from; `text` is the line as the compiler sees it. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** A joined module: `code` for the compiler, `locate` for its messages (lines count from 1). */
export interface JoinedShader {
  readonly code: string;
  locate(line: number): SourceLine;
}

type Constants = ReadonlyMap<string, string>;

const DIRECTIVE = /^\s*(enable|requires|diagnostic)\b[^;]*;/;
const CONSTANT = /^const\s+(\w+)(\s*:\s*\w+)?\s*=\s*([^;]*?)\s*;/;
const UNROLL = /^\s*\/\/ @unroll\s*$/;
const LOOP =
  /^\s*for\s*\(\s*var\s+(\w+)\s*(:\s*[ui]32)?\s*=\s*([^;]+);\s*(\w+)\s*<\s*([^;]+);\s*(\w+)\s*(?:\+\+|\+=\s*(.+?))\s*\)\s*\{/;

/**
 * Joins a kernel's files to one module. Pure: `read` returns a file's text and throws for an unknown path.
 * Throws an Error that names file and line for an unknown constant, a constant of another type, or a loop marked
 * `// @unroll` that cannot be expanded.
 */
export function joinShader(kernel: ShaderSources, read: (path: string) => string): JoinedShader {
  const files = [...new Set([...kernel.uses, kernel.shader])];
  const directives: SourceLine[] = [];
  const body: SourceLine[] = [];
  for (const file of files) {
    for (const [index, text] of read(file).split(/\r?\n/).entries()) {
      const source = { file, line: index + 1, text };
      if (!DIRECTIVE.test(text)) body.push(source);
      else if (!directives.some((other) => other.text.trim() === text.trim())) directives.push(source);
    }
  }
  const replaced = replaceConstants(body, kernel.constants ?? {}, files);
  const values = new Map<string, string>();
  for (const { text } of replaced) {
    const match = CONSTANT.exec(text);
    if (match) values.set(match[1] as string, `${match[3]}`);
  }
  const lines = directives;
  expandLoops(replaced, values, lines);
  return {
    code: `${lines.map(({ text }) => text).join("\n")}\n`,
    locate: (line) => lines[Math.min(Math.max(line, 1), lines.length) - 1] as SourceLine,
  };
}

function replaceConstants(
  lines: readonly SourceLine[],
  constants: Readonly<Record<string, number | boolean>>,
  files: readonly string[],
): SourceLine[] {
  const missing = new Set(Object.keys(constants));
  const replaced = lines.map((source) => {
    const match = CONSTANT.exec(source.text);
    const name = match?.[1];
    if (!match || name === undefined || !Object.hasOwn(constants, name)) return source;
    missing.delete(name);
    const value = literal(constants[name] as number | boolean, `${match[3]}`, match[2]?.replace(/[\s:]/g, ""));
    if (value === undefined) {
      throw new Error(
        `${at(source)}: constant ${name} = ${match[3]} cannot become ${constants[name]}; give it the same type`,
      );
    }
    return { ...source, text: `const ${name}${match[2] ?? ""} = ${value};${source.text.slice(match[0].length)}` };
  });
  if (missing.size > 0) {
    const names = [...missing].join(", ");
    throw new Error(`No "const NAME = value;" starts a line for ${names} in ${files.join(", ")}; declare it there`);
  }
  return replaced;
}

/** A value spelled with the type of the literal it replaces; undefined where the types differ. */
function literal(value: number | boolean, old: string, type: string | undefined): string | undefined {
  const isBoolean = type === "bool" || old === "true" || old === "false";
  if (typeof value === "boolean" || isBoolean) return typeof value === "boolean" && isBoolean ? `${value}` : undefined;
  if (!Number.isFinite(value)) return undefined;
  const isHex = /^0x/i.test(old);
  if (type === "f32" || type === "f16" || /[fh]$/.test(isHex ? "" : old) || /^-?(\d+\.|\.\d|\d+e)/.test(old)) {
    const digits = /[.e]/.test(`${value}`) ? `${value}` : `${value}.0`;
    return `${digits}${isHex ? "" : (/[fh]$/.exec(old)?.[0] ?? "")}`;
  }
  if (!Number.isInteger(value)) return undefined;
  const isUnsigned = type === "u32" || old.endsWith("u");
  return isUnsigned && value < 0 ? undefined : `${value}${isUnsigned ? "u" : ""}`;
}

/** Appends `lines` to `out` with every marked loop written out; a nested one may use the outer variable in its bounds. */
function expandLoops(lines: readonly SourceLine[], constants: Constants, out: SourceLine[]): void {
  for (let index = 0; index < lines.length; index++) {
    const source = lines[index] as SourceLine;
    if (!UNROLL.test(source.text)) {
      out.push(source);
      continue;
    }
    const head = lines[index + 1];
    const match = head && LOOP.exec(head.text);
    if (!match || match[1] !== match[4] || match[1] !== match[6]) {
      throw new Error(`${at(source)}: "// @unroll" must stand above "for (var i = A; i < B; i++) {" (or "i += S")`);
    }
    const variable = match[1] as string;
    const first = evaluate(`${match[3]}`, constants, head);
    const end = evaluate(`${match[5]}`, constants, head);
    const stride = match[7] === undefined ? 1 : evaluate(match[7], constants, head);
    if (stride < 1) throw new Error(`${at(head)}: an unrolled loop must step by 1 or more, not by ${stride}`);
    const close = findClose(lines, index + 1, match[0].length, head);
    const tail = lines[close.index] as SourceLine;
    const body = lines.slice(index + 1, close.index + 1).map((line, offset) => {
      const from = offset === 0 ? match[0].length : 0;
      return { ...line, text: line === tail ? line.text.slice(from, close.column) : line.text.slice(from) };
    });
    const jump = body.find(({ text }) => /\b(break|continue)\b/.test(text.replace(/\/\/.*/, "")));
    if (jump) throw new Error(`${at(jump)}: "break" and "continue" have no meaning in an unrolled loop; use "if"`);
    // A u32 variable becomes a u32; the others stay abstract, which fits wherever an i32 does.
    const suffix = isUnsigned(`${match[2] ?? ""}${match[3]}`, constants) ? "u" : "";
    const word = new RegExp(`(?<![\\w.])${variable}(?!\\w)`, "g");
    for (let value = first; value < end; value += stride) {
      const number = value < 0 ? `(${value})` : `${value}${suffix}`;
      out.push({ ...head, text: "{" });
      expandLoops(
        body.map((line) => ({ ...line, text: line.text.replace(word, number) })),
        constants,
        out,
      );
      out.push({ ...tail, text: "}" });
    }
    const rest = tail.text.slice(close.column + 1);
    if (rest.trim() !== "") out.push({ ...tail, text: rest });
    index = close.index;
  }
}

function findClose(lines: readonly SourceLine[], start: number, column: number, head: SourceLine) {
  let depth = 1;
  for (let index = start; index < lines.length; index++) {
    const text = (lines[index] as SourceLine).text;
    for (let at = index === start ? column : 0; at < text.length; at++) {
      const char = text[at];
      if (char === "/" && text[at + 1] === "/") break;
      if (char === "{") depth++;
      if (char === "}" && --depth === 0) return { index, column: at };
    }
  }
  throw new Error(`${at(head)}: this unrolled loop is never closed`);
}

/** An integer expression of literals and named constants: + - * / % and parentheses. */
function evaluate(expression: string, constants: Constants, source: SourceLine): number {
  const tokens = expression.match(/\w+|[^\s\w]/g) ?? [];
  let next = 0;
  const fail = (): never => {
    const found = expression.trim();
    throw new Error(
      `${at(source)}: "${found}" is no constant integer; an unrolled loop's bounds need literals or "const" names`,
    );
  };
  const atom = (): number => {
    const token = tokens[next++] ?? fail();
    if (token === "-") return -atom();
    if (token === "(") {
      const value = sum();
      return tokens[next++] === ")" ? value : fail();
    }
    if (/^(\d+|0x[\da-f]+)[ui]?$/i.test(token)) return Number(token.replace(/[ui]$/, ""));
    const named = constants.get(token);
    return named === undefined ? fail() : evaluate(named, constants, source);
  };
  const product = (): number => {
    let value = atom();
    for (let op = tokens[next]; op === "*" || op === "/" || op === "%"; op = tokens[next]) {
      next++;
      const right = atom();
      value = op === "*" ? value * right : op === "/" ? Math.trunc(value / right) : value % right;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    for (let op = tokens[next]; op === "+" || op === "-"; op = tokens[next]) {
      next++;
      value += op === "+" ? product() : -product();
    }
    return value;
  };
  const value = sum();
  return next === tokens.length && Number.isInteger(value) ? value : fail();
}

function isUnsigned(expression: string, constants: Constants): boolean {
  if (/\bu32\b|\b(\d+|0x[\da-fA-F]+)u\b/.test(expression)) return true;
  return (expression.match(/[A-Za-z_]\w*/g) ?? []).some((name) => isUnsigned(constants.get(name) ?? "", constants));
}

function at(source: SourceLine): string {
  return `${source.file}:${source.line}`;
}
