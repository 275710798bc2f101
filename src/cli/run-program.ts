import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { explainFailure, loadEnvFile, printError } from '../start/index.js';

/**
 * Runs a command line to its end. The exit code is 0, 1 when the command could not do its work, and 2
 * when it was not understood.
 *
 * @param define adds the commands; after `exitOverride`, which commands made before do not inherit
 */
export async function runProgram(program: Command, define: (program: Command) => void) {
  program.exitOverride().showHelpAfterError('Add --help for what it takes.');
  define(program);
  try {
    loadEnvFile();
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said what is wrong, or has printed the help.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    printError(explainFailure(error));
    process.exitCode = 1;
  }
}
