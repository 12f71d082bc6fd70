/**
 * Unpacks the compressed files of the package @sparticuz/chromium: a software Vulkan adapter for the runs, a browser for
 * the tests. Several processes may do so at once: each unpacks into a folder of its own and renames it into place.
 */
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { brotliDecompress, createBrotliDecompress } from "node:zlib";
import { parseTar } from "nanotar";
import { cacheFolder } from "./cache.ts";
import { findPackage } from "./packages.ts";
import { PlatformError } from "./types.ts";

const PACKAGE = "@sparticuz/chromium";
const INSTALL = `npm install --save-dev ${PACKAGE}@147.0.0`;
/** Lists what was unpacked from what, with sizes; written last. */
const MANIFEST = "manifest.json";
/** Leftovers of killed processes are removed when they are this old, in milliseconds. */
const STALE_MS = 3_600_000;

type Sizes = Record<string, number>;

/** Why the package's files cannot be used here, as a sentence that says what to do; undefined where they can. */
export function bundleProblem(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return `The package ${PACKAGE} is for Linux on x64 only.`;
  return findPackage(PACKAGE) ? undefined : `The package ${PACKAGE} is not installed: ${INSTALL}`;
}

/**
 * The folder with the unpacked files of some archives of the package, unpacked at the first use and kept in the user's
 * cache. `name.tar.br` gives the files in it, `name.br` one executable file called `name`.
 * @param name the folder's name in the cache
 * @throws PlatformError where the package is missing
 */
export async function unpackBundle(name: string, archives: readonly string[]): Promise<string> {
  const problem = bundleProblem();
  const bundle = findPackage(PACKAGE);
  if (problem || !bundle) throw new PlatformError(problem ?? PACKAGE);
  const sources = archives.map((archive) => join(bundle.folder, "bin", archive));
  const packed = Object.fromEntries(sources.map((source) => [basename(source), statSync(source).size]));
  const target = join(await cacheFolder(), `chromium-${bundle.version}`, name);
  if (await isComplete(target, packed)) return target;

  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  await removeStale(parent);
  const fresh = await mkdtemp(`${target}.tmp-`);
  try {
    const files: Sizes = {};
    for (const source of sources) Object.assign(files, await unpackArchive(source, fresh));
    await writeFile(join(fresh, MANIFEST), JSON.stringify({ packed, files }));
    await moveIntoPlace(fresh, target, packed);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return target;
}

/** Whether a folder holds all that these archives give, each file in full. */
async function isComplete(folder: string, packed: Sizes): Promise<boolean> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST), "utf8")) as { packed: Sizes; files: Sizes };
    if (JSON.stringify(manifest.packed) !== JSON.stringify(packed)) return false;
    const sizes = Object.entries(manifest.files);
    return (await Promise.all(sizes.map(async ([file, size]) => (await stat(join(folder, file))).size === size))).every(
      Boolean,
    );
  } catch {
    return false;
  }
}

/** Renames a complete folder to its final name, unless another process was first. */
async function moveIntoPlace(fresh: string, target: string, packed: Sizes): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      return await rename(fresh, target);
    } catch (error) {
      if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      if (await isComplete(target, packed)) return;
      // What is there is damaged. It is renamed first, so that nobody sees it half removed.
      const damaged = `${fresh}-damaged`;
      await rename(target, damaged).catch(() => undefined);
      await rm(damaged, { recursive: true, force: true });
    }
  }
  throw new PlatformError(`${target} is damaged and cannot be replaced: remove it and try again`);
}

async function unpackArchive(source: string, folder: string): Promise<Sizes> {
  if (!source.endsWith(".tar.br")) {
    const file = basename(source, ".br");
    const out = createWriteStream(join(folder, file), { mode: 0o755 });
    await pipeline(createReadStream(source), createBrotliDecompress(), out);
    return { [file]: out.bytesWritten };
  }
  const sizes: Sizes = {};
  for (const { name, data, attrs } of parseTar(await promisify(brotliDecompress)(await readFile(source)))) {
    if (!data) continue;
    if (isAbsolute(name) || name.split("/").includes("..")) throw new PlatformError(`${source}: bad name ${name}`);
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), data, { mode: Number.parseInt(attrs?.mode ?? "644", 8) & 0o755 });
    sizes[name] = data.length;
  }
  return sizes;
}

async function removeStale(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.includes(".tmp-")) continue;
    const folder = join(parent, name);
    const changed = await stat(folder).catch(() => undefined);
    if (changed && Date.now() - changed.mtimeMs > STALE_MS) await rm(folder, { recursive: true, force: true });
  }
}
