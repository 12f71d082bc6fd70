/**
 * The browser for the tests: on Linux and x64 the Chromium of the package @sparticuz/chromium, which needs nothing of the
 * system; elsewhere the one that Playwright installs.
 */
import { join } from "node:path";
import { bundleProblem, unpackBundle } from "../../src/platform/bundled.ts";

/** Options for Playwright's `launch`. */
export interface ChromiumLaunch {
  /** Undefined: Playwright's own Chromium (`npx playwright install chromium`). */
  readonly executablePath?: string;
  readonly args: string[];
  readonly env?: Record<string, string>;
}

/** Unpacks the browser at the first use (some seconds, 230 MB in the user's cache folder). */
export async function chromiumLaunch(): Promise<ChromiumLaunch> {
  if (bundleProblem() !== undefined) return { args: ["--enable-unsafe-webgpu", "--enable-features=Vulkan"] };
  const folder = await unpackBundle("browser", ["chromium.br", "al2023.tar.br", "swiftshader.tar.br", "fonts.tar.br"]);
  const libraries = [join(folder, "lib"), process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  return {
    executablePath: join(folder, "chromium"),
    args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    env: { ...environment(), LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: folder },
  };
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
