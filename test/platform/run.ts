import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** What a process left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds from its first line of output to its end. */
  readonly closing: number;
}

/** Runs a script of test/platform/scripts/ in a process of its own. Undefined takes a variable out of the environment. */
export function run(
  script: string,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<Finished> {
  const file = fileURLToPath(new URL(`scripts/${script}`, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=downhill-source", "--import", "tsx", file, ...args], {
    env: { ...process.env, NODE_OPTIONS: undefined, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 50_000,
  });
  let stdout = "";
  let stderr = "";
  let first = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    first ||= performance.now();
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr, closing: performance.now() - first }));
  });
}

/** An empty folder that is gone after the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "downhill-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
