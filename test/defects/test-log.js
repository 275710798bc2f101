import { appendFileSync } from 'node:fs';

/**
 * A reporter for jest that writes down, a line of JSON each, what came of every test as soon as it is known:
 * so that it is also known of a run that was killed, or that waits for what never comes.
 *
 * With `stopAtFailure`, the first failure ends the run. Nothing more need be known then.
 */
export default class TestLog {
  constructor(_globalConfig, { path, stopAtFailure }) {
    this.path = path;
    this.stopAtFailure = stopAtFailure;
  }

  onTestCaseResult({ path: file }, { status, fullName, failureMessages }) {
    // jest's own words. A busy machine can bring them about as well, so they prove nothing.
    const isTimeout = failureMessages.every((message) =>
      /Exceeded timeout of [\d,.]+ ms/.test(message),
    );
    const outcome = status === 'failed' && isTimeout ? 'hung' : status;
    this.#write({ file, name: fullName, outcome });
    if (outcome === 'failed' && this.stopAtFailure) process.exit(1);
  }

  onTestFileResult({ path: file }, { testExecError }) {
    if (testExecError) this.#write({ file, name: '', outcome: 'broken' });
  }

  /** The end of the run: without it, the run was cut short. */
  onRunComplete() {
    this.#write({ file: '', name: '', outcome: 'complete' });
  }

  #write(line) {
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
  }
}
