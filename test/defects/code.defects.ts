import { expect, it } from '@jest/globals';
import { CODE_DEFECTS } from './code-defects.js';
import type { CodeDefect, Selection } from './defect.js';
import { isolationSuite } from './isolation-suite.js';
import { noteOutcome } from './outcomes.js';
import { SourceCopy } from './source-copy.js';
import { runSuite, type SuiteRun } from './suite-run.js';
import { typeErrors } from './type-check.js';

/** The whole suite takes a minute; in a copy with a defect it may wait for what never comes. */
const LIMIT_MS = 300_000;

const KILLERS_KEPT = 5;

const idle: SourceCopy[] = [];

/** Lends a copy that nobody else uses at the moment. */
async function withCopy<T>(work: (copy: SourceCopy) => Promise<T>): Promise<T> {
  const copy = idle.pop() ?? (await SourceCopy.create());
  try {
    return await work(copy);
  } finally {
    idle.push(copy);
  }
}

let isGreen: boolean | undefined;

it('the isolation suite is green without a defect', async () => {
  isGreen = false;
  const files = await isolationSuite();
  const halves = [0, 1].map((half) => files.filter((_, index) => index % 2 === half));
  const runs = await Promise.all(
    halves.map((half) => withCopy(({ root }) => runSuite(root, { files: half }, LIMIT_MS))),
  );
  for (const { passed, output: _, ...faults } of runs) {
    expect(faults).toEqual({ failed: [], hung: [], broken: [], ended: false });
    expect(passed).toBeGreaterThan(0);
  }
  isGreen = true;
});

it.concurrent.each([...CODE_DEFECTS])('is noticed when $name', async (defect) => {
  // Undefined when only some of the defects are run, by name.
  if (isGreen === false) throw new Error('The suite fails without a defect: nothing follows.');
  const killedBy = await withCopy((copy) => killersOf(defect, copy)).catch(async (error) => {
    await noteOutcome({ name: defect.name, sort: 'code', killedBy: [] });
    throw error;
  });
  await noteOutcome({ name: defect.name, sort: 'code', killedBy: killedBy.slice(0, KILLERS_KEPT) });
  expect(killedBy).not.toEqual([]);
});

/** The tests that fail with the defect: of those where that is expected, else of the whole suite. */
function killersOf(defect: CodeDefect, copy: SourceCopy): Promise<string[]> {
  const { root } = copy;
  return copy.changed(defect.changes, async () => {
    const errors = await typeErrors(root);
    if (errors) throw new Error(`This defect does not compile:\n${errors}`);
    return (
      (await killersAmong(defect, defect.tryFirst, root)) ??
      (await killersAmong(defect, { files: await isolationSuite() }, root)) ??
      []
    );
  });
}

async function killersAmong(
  { mayHang = false }: CodeDefect,
  selection: Selection,
  root: string,
): Promise<string[] | undefined> {
  const run = await runSuite(root, selection, LIMIT_MS);
  if (run.failed.length > 0) return run.failed;
  if (mayHang && (run.ended || run.hung.length > 0)) return hungTests(run);
  if (run.ended) throw new Error(`The suite took longer than it may:\n${run.output}`);
  if (run.broken.length > 0) {
    throw new Error(`${run.broken.join(', ')} could not be run:\n${run.output}`);
  }
  return undefined;
}

function hungTests({ hung }: SuiteRun): string[] {
  return hung.length > 0 ? hung : ['a test waits forever'];
}
