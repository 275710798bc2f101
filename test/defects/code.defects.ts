import { expect, it } from '@jest/globals';
import { CODE_DEFECTS } from './code-defects.js';
import type { CodeDefect, Selection } from './defect.js';
import { isolationSuite } from './isolation-suite.js';
import { noteOutcome } from './outcomes.js';
import { SourceCopy } from './source-copy.js';
import { runSuite } from './suite-run.js';
import { typeErrors } from './type-check.js';

/** The whole suite takes a minute or two; with a defect it may wait for what never comes. */
const LIMIT_MS = 900_000;

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

/** Undefined when only some of the defects are run, by name. */
let isGreen: boolean | undefined;

it('the isolation suite is green without a defect', async () => {
  isGreen = false;
  const { files, tests } = await isolationSuite();
  const halves = [0, 1].map((half) => files.filter((_, index) => index % 2 === half));
  const options = { limitMs: LIMIT_MS, stopAtFailure: false };
  const runs = await Promise.all(
    halves.map((half) => withCopy(({ root }) => runSuite(root, { files: half, tests }, options))),
  );
  for (const { passed, output: _, ...faults } of runs) {
    expect(faults).toEqual({ failed: [], hung: [], broken: [], killed: false });
    expect(passed).not.toEqual([]);
  }
  isGreen = true;
});

it.concurrent.each([...CODE_DEFECTS])('is noticed when $name', async (defect) => {
  const { name } = defect;
  let killedBy: string[] = [];
  try {
    if (isGreen === false) throw new Error('The suite fails without a defect: nothing follows.');
    killedBy = await withCopy((copy) => killersOf(defect, copy));
  } finally {
    await noteOutcome({ name, sort: 'code', killedBy });
  }
  expect(killedBy).not.toEqual([]);
});

/** What fails with the defect: of the tests where that is expected, else of the whole suite. */
function killersOf(defect: CodeDefect, copy: SourceCopy): Promise<string[]> {
  return copy.changed(defect.changes, async () => {
    const errors = await typeErrors(copy.root);
    if (errors) throw new Error(`This defect does not compile:\n${errors}`);
    const expected = await killersAmong(defect, defect.tryFirst, copy);
    if (expected.length > 0) return expected;
    return killersAmong(defect, await isolationSuite(), copy);
  });
}

async function killersAmong(
  { mayHang = false }: CodeDefect,
  selection: Selection,
  { root }: SourceCopy,
): Promise<string[]> {
  const run = await runSuite(root, selection, { limitMs: LIMIT_MS, stopAtFailure: true });
  if (run.failed.length > 0) return run.failed;
  if (mayHang && run.hung.length > 0) return run.hung;
  if (run.killed) throw new Error(`The suite took longer than it may:\n${run.output}`);
  if (run.broken.length > 0) {
    throw new Error(`${run.broken.join(', ')} could not be run:\n${run.output}`);
  }
  return [];
}
