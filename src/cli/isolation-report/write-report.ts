import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../../start/index.js';
import { renderHtml } from './render/html.js';
import { renderMarkdown } from './render/markdown.js';
import type { IsolationReport } from './report.model.js';
import { reportDocument } from './report-document.js';

/**
 * Writes the report as `isolation-report.md` and `isolation-report.html`. Whoever opens one of them, also
 * at this moment, finds the former report or this one, and never a part.
 *
 * @param directory made when it is missing
 * @returns the paths of both
 * @throws Refusal when they cannot be written
 */
export async function writeReport(report: IsolationReport, directory: string): Promise<string[]> {
  const content = reportDocument(report);
  const files = [
    { path: join(directory, 'isolation-report.md'), text: renderMarkdown(content) },
    { path: join(directory, 'isolation-report.html'), text: renderHtml(content) },
  ].map((file) => ({ ...file, draft: `${file.path}.${process.pid}` }));
  try {
    await mkdir(directory, { recursive: true });
    for (const { draft, text } of files) await writeFile(draft, text);
    for (const { draft, path } of files) await rename(draft, path);
  } catch (error) {
    await Promise.all(files.map(({ draft }) => rm(draft, { force: true }).catch(() => undefined)));
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Refusal(
      `The report cannot be written into ${directory} (${code ?? message}). Name a folder that you may write into: --report <folder>`,
      { cause: error },
    );
  }
  return files.map(({ path }) => path);
}
