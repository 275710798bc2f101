import { cp, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Replacement } from './defect.js';
import { runFolder } from './run-folder.js';

const ROOT = resolve(import.meta.dirname, '..', '..');

/** Not sources, or secrets of the developer. */
const LEFT_OUT = new Set(['.git', '.rowhouse', '.env', 'node_modules', 'dist', 'coverage']);

/** A copy of the repository in which a defect can be put, for one run of the suite at a time. */
export class SourceCopy {
  private constructor(readonly root: string) {}

  static async create(): Promise<SourceCopy> {
    const root = await mkdtemp(join(runFolder(), 'copy-'));
    for (const name of await readdir(ROOT)) {
      if (!LEFT_OUT.has(name)) await cp(join(ROOT, name), join(root, name), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'dir');
    return new SourceCopy(root);
  }

  /**
   * Runs `work` while the changes are made, and takes them back.
   *
   * @throws Error when a text does not stand in its file exactly once: the code has moved on, and the
   *   defect has to follow it
   */
  async changed<T>(changes: readonly Replacement[], work: () => Promise<T>): Promise<T> {
    const originals = new Map<string, string>();
    try {
      for (const { file, from, to } of changes) {
        const path = join(this.root, file);
        const text = await readFile(path, 'utf8');
        const found = text.split(from).length - 1;
        if (found !== 1) {
          throw new Error(`This defect no longer applies: ${file} has its text ${found} times.`);
        }
        if (!originals.has(path)) originals.set(path, text);
        await writeFile(
          path,
          text.replace(from, () => to),
        );
      }
      return await work();
    } finally {
      for (const [path, text] of originals) await writeFile(path, text);
    }
  }
}
