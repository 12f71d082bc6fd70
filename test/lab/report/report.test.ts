import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CompareResults } from "../../../src/lab/compare/results.ts";
import { type ReportFile, reportFiles } from "../../../src/lab/report/files.ts";
import { chromiumLaunch } from "../../browser/chromium.ts";
import { parseSvg } from "../svg.ts";
import { dataset, type SampleNames, sampleResults } from "./sample.ts";

let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), "downhill-report-"));
beforeAll(async () => {
  browser = await chromium.launch(await chromiumLaunch());
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

const plain = reportFiles(sampleResults(), [dataset, dataset]);

/** Opens a report from disk. `seen` is what it asks for beside itself, and what it says or throws. */
async function open(
  report: Promise<ReportFile[]>,
): Promise<{ page: Page; seen: string[]; files: Map<string, string> }> {
  const files = new Map((await report).map(({ name, content }) => [name, content]));
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  const page = await browser.newPage();
  const seen: string[] = [];
  page.on("dialog", (dialog) => {
    seen.push(`dialog ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("console", (message) => seen.push(`console ${message.text()}`));
  page.on("pageerror", (error) => seen.push(`error ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith("data:image/png")) seen.push(request.url());
  });
  const address = `file://${join(folder, "report.html")}`;
  await page.goto(address);
  return { page, seen: seen.filter((url) => url !== address), files };
}

/** What a field of a contender's row says, by workload: the number that it holds, and the text that is shown. */
const fieldsOf = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLDataElement>("data[data-field]")].map((data) => ({
      section: data.closest("section")?.id,
      contender: data.closest("tr")?.dataset.contender,
      pair: data.closest("td")?.dataset.pair,
      field: data.dataset.field,
      value: Number(data.value),
      text: data.textContent,
    })),
  );

test("the page's numbers are those of results.json; it runs nothing and asks for nothing", async () => {
  const { page, seen, files } = await open(plain);
  expect(seen).toEqual([]);
  const { summary } = JSON.parse(files.get("results.json") as string) as CompareResults;
  const fields = await fieldsOf(page);
  const sections = new Map([
    ["mnist 16", "workload-1"],
    ["mnist 8", "workload-2"],
  ]);
  for (const own of summary.contenders) {
    const find = (field: string) =>
      fields.find(
        (one) => one.section === sections.get(own.workload) && one.contender === own.contender && one.field === field,
      );
    expect(find("final_accuracy.mean")).toMatchObject({
      value: own.final_accuracy.mean,
      text: (100 * own.final_accuracy.mean).toFixed(2),
    });
    expect(find("final_accuracy.deviation")?.value).toBe(own.final_accuracy.deviation);
    expect(find("best_accuracy.mean")?.value).toBe(own.best_accuracy.mean);
    expect(find("test_loss.mean")?.value).toBe(own.test_loss.mean);
    expect(find("lr")?.value).toBe(own.lr);
    expect(find("seconds_per_epoch")?.value).toBe(own.seconds_per_epoch);
    expect(find("steps_to_70")?.value).toBe(own.targets[0]?.steps?.mean);
    expect(find("seconds_to_80")?.value).toBe(own.targets[1]?.seconds?.mean);
  }
  const differences = fields.filter(({ field }) => field === "difference");
  expect(differences.map(({ pair, value }) => [pair, value])).toEqual(
    summary.differences.map(({ higher, lower, mean }) => [`${higher}|${lower}`, mean]),
  );
  for (const { contender, score } of summary.profiles.steps.lines) {
    expect(fields.find((one) => one.field === "profile.steps" && one.contender === contender)?.value).toBe(score);
  }
  expect(await page.locator("#command").textContent()).toBe("downhill compare");
  expect(await page.locator("#workload-2").getByText("lion is left out: it cannot").count()).toBe(1);
  await page.close();
});

test("radio buttons choose what the learning curves show, by the keyboard too; all else stays", async () => {
  const { page } = await open(plain);
  const shown = (id: string) =>
    page.evaluate(
      (figure) =>
        [...document.querySelectorAll(`#${figure} .view`)]
          .filter((view) => getComputedStyle(view).display !== "none")
          .map((view) => view.querySelector("svg")?.getAttribute("aria-label")),
      id,
    );
  expect(await shown("workload-1-curves")).toEqual(["test accuracy against steps, linear scale"]);
  for (const option of ["training loss", "seconds", "log"]) {
    await page.locator("#workload-1-curves label").getByText(option, { exact: true }).click();
  }
  expect(await shown("workload-1-curves")).toEqual(["training loss against seconds, log scale"]);
  await page.keyboard.press("ArrowLeft");
  expect(await shown("workload-1-curves")).toEqual(["training loss against seconds, linear scale"]);
  expect(await shown("workload-2-curves")).toEqual(["test accuracy against steps, linear scale"]);
  expect(await shown("workload-1-targets")).toEqual(["steps to targets"]);
  await page.close();
});

test("the wrong samples are the test set's, ink black on white", async () => {
  const { page } = await open(plain);
  const items = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("#workload-1 .mistakes li")].map((item) => {
      const image = item.querySelector("img") as HTMLImageElement;
      return { sample: Number(item.dataset.sample), source: image.src, width: image.naturalWidth };
    }),
  );
  expect(items.map(({ sample, width }) => [sample, width])).toEqual([
    [3, 28],
    [17, 28],
  ]);
  const png = decode(Buffer.from((items[1]?.source ?? "").split(",")[1] ?? "", "base64"));
  expect(Array.from(png.data)).toEqual(
    Array.from(dataset.test.images.subarray(17 * 784, 18 * 784), (grey) => 255 - grey),
  );
  const cells = await page.locator("#workload-1 .confusion tbody tr").first().locator("td").allTextContents();
  expect(cells).toEqual(["3", "·", "·", "·", "1", "·", "·", "·", "1", "·"]);
  await page.close();
});

const EVIL = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;`;

test("hostile names are text: nothing of them runs, loads or closes a tag, in the page and in the figures", async () => {
  const names: SampleNames = {
    contenders: [`sgd ${EVIL}`, `</style></svg>${EVIL}`, "javascript:alert(3)"],
    data: `../${EVIL}`,
    recipeName: `</title>${EVIL}`,
    command: `downhill compare ${EVIL}</pre>`,
    refusal: `no ${EVIL}`,
  };
  const { page, seen, files } = await open(reportFiles(sampleResults(names), [dataset, dataset]));
  await page.waitForTimeout(100); // an image that fails tells of it later
  expect(seen).toEqual([]);
  const found = await page.evaluate(() => ({
    scripts: document.scripts.length,
    handlers: [...document.querySelectorAll("*")].flatMap((element) =>
      element.getAttributeNames().filter((name) => name.startsWith("on")),
    ),
    images: [...document.images].filter(({ src }) => !src.startsWith("data:image/png;base64,")).length,
    links: document.querySelectorAll("a, link, iframe, object, embed, base").length,
  }));
  expect(found).toEqual({ scripts: 0, handlers: [], images: 0, links: 0 });
  expect(await page.locator("#command").textContent()).toBe(names.command);
  expect(await page.locator("#workload-1 .accuracy tbody th").allTextContents()).toEqual(names.contenders);
  expect(await page.locator("#workload-2").getByText(names.refusal).count()).toBe(1);
  for (const [name, content] of files) {
    if (!name.endsWith(".svg")) continue;
    expect(parseSvg(content).map((element) => element.name)).not.toContain("script");
  }
  await page.close();
});

test("the figures for papers, and a line of CSV for each model", async () => {
  const files = new Map((await plain).map((file) => [file.name, file.content]));
  expect([...files.keys()]).toEqual([
    "results.json",
    "results.csv",
    ...["learning-curves-1", "training-loss-1", "accuracies-1", "time-to-target-1", "learning-rates-1"].map(
      (n) => `${n}.svg`,
    ),
    ...["learning-curves-2", "training-loss-2", "accuracies-2", "time-to-target-2", "learning-rates-2"].map(
      (n) => `${n}.svg`,
    ),
    "performance-profile.svg",
    "report.html",
  ]);
  const texts = parseSvg(files.get("learning-curves-1.svg") ?? "").map(({ text }) => text);
  expect(texts).toEqual(expect.arrayContaining(["sgd", "adam", "lion", "epochs", "test accuracy, %"]));
  const lines = (files.get("results.csv") ?? "").trimEnd().split("\n");
  expect(lines).toHaveLength(1 + 5 * 3);
  expect(lines[0]).toBe(
    "workload,optimizer,lr,seed,steps,test_accuracy,best_test_accuracy,test_loss,train_loss," +
      "steps_to_70,seconds_to_70,steps_to_80,seconds_to_80,seconds",
  );
  expect(lines[1]).toBe("mnist 16,sgd,0.1,3,40,0.74,0.74,1,0.1,40,2,,,2");
});
