import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { InvalidArgumentError } from "commander";

/** The file of `--figure`. */
export function parseFigure(text: string): string {
  if (!text.endsWith(".svg")) throw new InvalidArgumentError("its name must end in .svg");
  return text;
}

/** @throws Error where a figure's folder does not exist, before anything is computed for it */
export async function checkFolder(file: string): Promise<void> {
  const folder = await stat(dirname(file)).catch(() => undefined);
  if (!folder?.isDirectory()) throw new Error(`--figure ${file}: there is no folder ${dirname(file)}; make it first`);
}
