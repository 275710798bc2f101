import { DifferentAnswers } from './checks.ts';
import { Cleanup } from './cleanup.ts';
import { runFlameGraph } from './flame-graph.ts';
import { runFlat } from './flat.ts';
import { readOptions, USAGE, UsageError } from './options.ts';
import { runOverload } from './overload.ts';
import { runBenchmark } from './run.ts';

const EXIT_CODE_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const cleanup = new Cleanup();
let interrupted = false;
for (const [signal, exitCode] of Object.entries(EXIT_CODE_OF_SIGNAL)) {
  process.on(signal, async () => {
    if (!interrupted) console.error('\nStopping …');
    interrupted = true;
    await cleanup.run();
    process.exit(exitCode);
  });
}

try {
  if (!(await run(process.argv.slice(2)))) process.exitCode = 1;
} catch (error) {
  // What fails because everything is being stopped is no news.
  if (!interrupted) report(error);
  process.exitCode = 1;
}
await cleanup.run();

/** The scenario that is named first, or the comparison of all servers. */
async function run(args: readonly string[]): Promise<boolean> {
  const [scenario, ...rest] = args;
  if (scenario === 'overload') return runOverload(rest, cleanup);
  if (scenario === 'flat') return runFlat(rest, cleanup, progress);
  if (scenario === 'flame-graph') return runFlameGraph(rest, progress);
  const options = readOptions(args);
  if (options !== null) return runBenchmark(options, cleanup, progress);
  console.log(USAGE);
  return true;
}

/** To stderr, so that stdout holds nothing but the report. */
function progress(message: string): void {
  if (!interrupted) console.error(message);
}

function report(error: unknown): void {
  if (error instanceof DifferentAnswers) console.error(`Answers differ.\n${error.message}`);
  else if (error instanceof UsageError) console.error(error.message);
  else console.error(error);
}
