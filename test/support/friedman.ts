import { mulberry32 } from "../reference/random.ts";

/**
 * Friedman's first function as a CSV text, columns x1 ... x10 and y: y = 10 sin(pi x1 x2) + 20 (x3 - 0.5)^2 + 10 x4 + 5 x5 + noise,
 * x uniform in 0..1, of which x6 to x10 say nothing. Source: Friedman 1991, "Multivariate Adaptive Regression Splines".
 * @param noise its standard deviation
 */
export function friedmanCsv(rows: number, seed: number, noise = 1): string {
  const next = mulberry32(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const lines = Array.from({ length: rows }, () => {
    const x = Array.from({ length: 10 }, next) as [number, number, number, number, number, ...number[]];
    const y = 10 * Math.sin(Math.PI * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4] + noise * normal();
    return [...x, y].map((value) => value.toFixed(6)).join(",");
  });
  return `${Array.from({ length: 10 }, (_, i) => `x${i + 1}`).join(",")},y\n${lines.join("\n")}\n`;
}

/** Files in memory for loaders. */
export const memoryFiles = (contents: Readonly<Record<string, string | Uint8Array>>) => ({
  async read(path: string): Promise<Uint8Array> {
    const found = contents[path];
    if (found === undefined) throw new Error(`${path}: no such file`);
    return typeof found === "string" ? new TextEncoder().encode(found) : found;
  },
  exists: async (path: string) => path in contents,
  mnistFolder: () => "mnist",
});
