import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Where package.json stands: four levels up, from `src` and from `dist` alike. */
const PROJECT_DIRECTORY = resolve(import.meta.dirname, '..', '..', '..', '..');

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** `version` of package.json. */
export async function readProductVersion(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(PROJECT_DIRECTORY, 'package.json'), 'utf8'));
  return String((manifest as { version?: unknown }).version);
}

/**
 * The commit that is checked out, read from Git's own files (gitrepository-layout(5)), because Git need not
 * be installed.
 *
 * @returns undefined where there is no checkout, or one of another layout
 */
export async function readCommit(project = PROJECT_DIRECTORY): Promise<string | undefined> {
  const git = await gitDirectory(join(project, '.git'));
  const head = await text(join(git, 'HEAD'));
  const ref = /^ref: (\S+)$/.exec(head)?.[1];
  const commit = ref === undefined ? head : await resolveRef(git, ref);
  return COMMIT.test(commit) ? commit : undefined;
}

/** A worktree has a file that says where the directory is. */
async function gitDirectory(path: string): Promise<string> {
  const elsewhere = /^gitdir: (.+)$/.exec(await text(path))?.[1];
  return elsewhere === undefined ? path : resolve(path, '..', elsewhere);
}

async function resolveRef(git: string, ref: string): Promise<string> {
  const own = await text(join(git, ref));
  if (own !== '') return own;
  // Of a worktree, branches are kept where the repository is.
  const common = resolve(git, (await text(join(git, 'commondir'))) || '.');
  const loose = await text(join(common, ref));
  if (loose !== '') return loose;
  const packed = await text(join(common, 'packed-refs'));
  return (
    packed
      .split('\n')
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(' ')[0] ?? ''
  );
}

/** A file that is missing, or no file, has no text. */
async function text(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}
