/** The user's cache folder, and small texts kept in it. */
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, rm, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { writeFileAtomic } from "./files.ts";
import type { TextCache } from "./types.ts";

let ownFolder: Promise<string> | undefined;

/** The user's cache folder for this program, or where that cannot be written, one for this process alone. */
export function cacheFolder(): Promise<string> {
  ownFolder ??= findCacheFolder();
  return ownFolder;
}

async function findCacheFolder(): Promise<string> {
  const { XDG_CACHE_HOME } = process.env;
  const base = XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), ".cache");
  const folder = join(base, "downhill");
  try {
    await mkdir(folder, { recursive: true });
    await rm(await mkdtemp(join(folder, "probe.tmp-")), { recursive: true });
    return folder;
  } catch {
    // mkdtemp makes a folder that nobody else can write: what is loaded from it is ours.
    const own = await mkdtemp(join(tmpdir(), "downhill-"));
    process.once("exit", () => rmSync(own, { recursive: true, force: true }));
    return own;
  }
}

/** A writer holds its lock for some milliseconds; one that is older was left by a process that was killed. */
const STALE_LOCK_MS = 5000;

/** Files in the user's cache folder. */
export const cache: TextCache = {
  async read(name) {
    try {
      return await readFile(join(await cacheFolder(), name), "utf8");
    } catch {
      return undefined;
    }
  },

  async update(name, change) {
    const path = join(await cacheFolder(), name);
    const unlock = await lock(`${path}.lock`);
    try {
      await writeFileAtomic(path, change(await this.read(name))).catch(() => undefined);
    } finally {
      await unlock();
    }
  },
};

/** Waits until no other process updates the file, and keeps them off until the result is called. */
async function lock(path: string): Promise<() => Promise<void>> {
  while (true) {
    try {
      await (await open(path, "wx")).close();
      return () => rm(path, { force: true });
    } catch (error) {
      // Where no lock can be made, nothing can be written either.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") return async () => {};
    }
    const made = await stat(path).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > STALE_LOCK_MS) await rm(path, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
