import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** An installed npm package. */
export interface InstalledPackage {
  readonly folder: string;
  readonly version: string;
}

/** Where Node finds a package from here, or undefined where it is not installed. */
export function findPackage(name: string): InstalledPackage | undefined {
  const { resolve } = createRequire(import.meta.url);
  // A package may export its code and hide its package.json, or have no code and only files.
  for (const request of [`${name}/package.json`, name]) {
    try {
      return readPackage(rootOf(resolve(request)));
    } catch {
      // Not to be had this way.
    }
  }
  return undefined;
}

/** The root folder of this package, the same from src/ and from dist/. */
export function packageRoot(): string {
  return rootOf(fileURLToPath(import.meta.url));
}

/** The version of this package. */
export function packageVersion(): string {
  return readPackage(packageRoot()).version;
}

function readPackage(folder: string): InstalledPackage {
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  return { folder, version };
}

/** The nearest folder above that is a package: one whose package.json has a name, which a bare `{"type": ...}` has not. */
function rootOf(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && "name" in JSON.parse(readFileSync(manifest, "utf8"))) return folder;
    if (folder === dirname(folder)) throw new Error(`${file} belongs to no package`);
  }
}
