import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright";
import { build } from "vite";
import config from "../../vite.site.config.ts";
import { chromiumLaunch } from "../browser/chromium.ts";

/** The built page on a server of its own, and a browser. */
export interface Site {
  readonly url: string;
  readonly browser: Browser;
  /** A page in a window of its own; what its console and its errors say is collected. */
  open(
    hash?: string,
    options?: { width?: number; height?: number; colorScheme?: "light" | "dark"; offline?: boolean },
  ): Promise<OpenPage>;
  close(): Promise<void>;
}

export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings, in order. */
  readonly complaints: string[];
}

/** Any path will do, as links in the site are relative. */
const PATH = "/some/where/";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".gz": "application/octet-stream",
};

/** Builds the site into an empty folder and serves it. */
export async function openSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "downhill-site-"));
  // As a person builds it: vitest has set another.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  await build({ ...config, configFile: false, logLevel: "error", build: { ...config.build, outDir: folder } });
  process.env.NODE_ENV = NODE_ENV;
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = pathname.startsWith(PATH) ? pathname.slice(PATH.length) || "index.html" : "";
    try {
      const body = await readFile(join(folder, file));
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`;
  const launch = await chromiumLaunch();
  const browser = await chromium.launch({ ...launch, env: { ...launch.env, ...fonts(folder, launch.env) } });
  return {
    url,
    browser,
    async open(hash = "", { width = 1440, height = 900, colorScheme = "light", offline = false } = {}) {
      // The package's Chromium has no locale of its own that a page could use.
      const serviceWorkers = offline ? "allow" : "block";
      const viewport = { width, height };
      const context = await browser.newContext({ viewport, colorScheme, locale: "en-US", serviceWorkers });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
      page.on("console", (message) => {
        // What the test does itself: it reads a chart's pixels, and keeps service workers away.
        const isOurs = /^(Canvas2D: Multiple readback|Service Worker registration blocked)/.test(message.text());
        if (isOurs) return;
        if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
      });
      await page.goto(`${url}${hash}`);
      return { page, complaints };
    },
    async close() {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The package's fonts by their real place: without a font a <select> brings its Chromium down. */
function fonts(folder: string, { FONTCONFIG_PATH }: Record<string, string> = {}): Record<string, string> {
  if (!FONTCONFIG_PATH) return {};
  const file = join(folder, "fonts.conf");
  const dirs = [join(FONTCONFIG_PATH, "fonts"), "/usr/share/fonts"].map((dir) => `<dir>${dir}</dir>`).join("");
  writeFileSync(
    file,
    `<?xml version="1.0"?><fontconfig>${dirs}<cachedir>${join(folder, "fc")}</cachedir></fontconfig>`,
  );
  return { FONTCONFIG_FILE: file };
}
