import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { drawFlameGraph } from './flame-graph-picture.ts';
import { type CpuProfile, stacksOf } from './flame-graph-stacks.ts';
import { UsageError } from './options.ts';

export const FLAME_GRAPH_USAGE = `node bench/run.js flame-graph <file.cpuprofile> <out.svg>

Draws what a server did with its time, from a profile that \`npm run bench -- --profile\` has left.`;

/**
 * @returns whether it was drawn, or help was asked for
 * @throws UsageError
 */
export async function runFlameGraph(
  args: readonly string[],
  progress: (message: string) => void,
): Promise<boolean> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(FLAME_GRAPH_USAGE);
    return true;
  }
  const [input, output, ...others] = args;
  if (input === undefined || output === undefined || others.length > 0) {
    throw new UsageError(FLAME_GRAPH_USAGE);
  }
  const stacks = stacksOf(await readProfile(input));
  const title = `Where ${basename(input, '.cpuprofile')} spends its time`;
  await writeFile(output, drawFlameGraph(title, stacks));
  progress(`Written to ${output}`);
  return true;
}

/** @throws UsageError when it is none, or nothing was done in it */
async function readProfile(path: string): Promise<CpuProfile> {
  const profile = await readFile(path, 'utf8')
    .then((text) => JSON.parse(text) as Partial<CpuProfile>)
    .catch((error) => {
      throw new UsageError(`${path} cannot be read as a profile: ${error.message}`);
    });
  const { nodes, samples, timeDeltas } = profile;
  if (nodes && samples?.length && timeDeltas) return { nodes, samples, timeDeltas };
  throw new UsageError(`${path} is no .cpuprofile, or holds no samples.`);
}
