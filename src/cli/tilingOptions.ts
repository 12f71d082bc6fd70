import { type Command, Option } from "commander";
import type { TilingSetting } from "../train/selectTiling.ts";
import { parseText } from "./values.ts";

/** What the flags on matrix kernels parse to; each is absent unless given. */
export interface TilingFlags {
  readonly tune?: boolean;
  readonly deterministic?: boolean;
  readonly tiling?: string;
}

/** The flags that say which matrix kernels a run takes. Without one they are the fastest known. */
export function addTilingOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--tune", "time the matrix kernels now and keep the fastest (a GPU does so at its first run)"),
    )
    .addOption(
      new Option("--deterministic", "the adapter's default matrix kernels, whatever was timed").conflicts("tune"),
    )
    .addOption(
      new Option("--tiling <NAME>", "one family of matrix kernels for all: inspect names the default's")
        .argParser(parseText)
        .conflicts(["tune", "deterministic"]),
    );
}

/** The setting that the flags stand for. */
export function tilingOf({ tune, deterministic, tiling }: TilingFlags): TilingSetting {
  if (tune) return "tune";
  return deterministic ? "deterministic" : (tiling ?? "auto");
}
