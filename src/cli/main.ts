#!/usr/bin/env node
import { inspect } from "node:util";
import { Command, CommanderError } from "commander";
import { RecipeError } from "../train/recipe.ts";
import { adaptersCommand } from "./adapters.ts";
import { augmentCommand } from "./augment.ts";
import { benchCommand } from "./bench.ts";
import { compareCommand } from "./compare.ts";
import { evaluateCommand } from "./evaluate.ts";
import { inspectCommand } from "./inspect.ts";
import { listCommand } from "./list.ts";
import { lrRangeCommand } from "./lrRange.ts";
import { pathsCommand } from "./paths.ts";
import { sweepCommand } from "./sweep.ts";
import { trainCommand } from "./train.ts";
import { tuneCommand } from "./tune.ts";
import { verifyCommand } from "./verify.ts";

/** Bad usage: a flag, a recipe, a combination of them. Everything else that fails ends with 1. */
const BAD_USAGE = 2;

const program = new Command("downhill")
  .description("Train neural networks on raw WebGPU, and compare optimizers honestly.")
  .option("--debug", "print the stack trace of an error")
  .exitOverride()
  .showSuggestionAfterError()
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ outputError: (text, write) => write(usageError(text, "downhill --help")) });

const commands = [
  trainCommand(),
  evaluateCommand(),
  verifyCommand(),
  inspectCommand(),
  listCommand(),
  benchCommand(),
  compareCommand(),
  lrRangeCommand(),
  sweepCommand(),
  tuneCommand(),
  pathsCommand(),
  augmentCommand(),
  adaptersCommand(),
];
for (const command of commands) {
  command
    .copyInheritedSettings(program)
    .configureOutput({ outputError: (text, write) => write(usageError(text, `downhill ${command.name()} --help`)) });
  program.addCommand(command);
}

/** Commander's message as one sentence that says what to do. */
function usageError(text: string, help: string): string {
  const sentence = text
    .trim()
    .replace(/^error: /, "")
    .replace(/^option '(--[\w-]+)[^']*' argument '(.*)' is invalid\. /s, (_, flag, value) =>
      value === "" ? `${flag}: ` : `${flag} ${value}: `,
    )
    .replace(/\.? Expected (\d+) arguments? but got (\d+)\.$/, ": expected $1, got $2");
  const suggestion = /\n\((Did you mean .*\?)\)$/s.exec(sentence);
  if (!suggestion) return `downhill: ${sentence}; see ${help}\n`;
  return `downhill: ${sentence.slice(0, suggestion.index)} (${suggestion[1]?.replace("Did", "did")})\n`;
}

// A reader of our output that goes away, as `head` does, stops a run; Node itself ignores the signal that says so.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.emit("SIGPIPE", "SIGPIPE");
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : BAD_USAGE;
  } else {
    const isDebug = process.argv.includes("--debug");
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`downhill: ${isDebug ? inspect(error) : message}\n`);
    process.exitCode = error instanceof RecipeError ? BAD_USAGE : 1;
  }
}
