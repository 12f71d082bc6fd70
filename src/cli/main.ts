#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { RecipeError } from "../train/recipe.ts";
import { adaptersCommand } from "./adapters.ts";
import { evaluateCommand } from "./evaluate.ts";
import { inspectCommand } from "./inspect.ts";
import { trainCommand } from "./train.ts";
import { verifyCommand } from "./verify.ts";

/** Bad usage: a flag, a recipe, a combination of them. Everything else that fails ends with 1. */
const BAD_USAGE = 2;

const program = new Command("downhill")
  .description("Train neural networks on raw WebGPU, and compare optimizers honestly.")
  .option("--debug", "print the stack trace of an error")
  .exitOverride()
  .showSuggestionAfterError()
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "downhill: ")) });

for (const command of [trainCommand(), evaluateCommand(), verifyCommand(), inspectCommand(), adaptersCommand()]) {
  program.addCommand(command.copyInheritedSettings(program).option("--debug", "print the stack trace of an error"));
}

// A reader of our output that goes away, as `head` does, ends the run quietly.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : BAD_USAGE;
  } else {
    const isDebug = process.argv.includes("--debug");
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`downhill: ${isDebug ? (stack ?? message) : message}\n`);
    process.exitCode = error instanceof RecipeError ? BAD_USAGE : 1;
  }
}
