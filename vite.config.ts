import { cpSync } from "node:fs";
import { defineConfig } from "vite";

/** The library for pages: one file with the WGSL inside, so that any bundler, or none, can take it. */
export default defineConfig({
  resolve: { conditions: ["downhill-source", "browser", "module"] },
  build: {
    outDir: "dist/browser",
    lib: { entry: "src/index.ts", formats: ["es"], fileName: "downhill" },
    sourcemap: true,
    minify: false,
  },
  plugins: [
    {
      name: "copy recipes for the command line",
      closeBundle: () => cpSync("src/recipes", "dist/recipes", { recursive: true }),
    },
  ],
});
