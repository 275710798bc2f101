import type { Answer } from '../api.js';
import { statementsOf } from '../statements.js';
import type { AnswerReader } from './answer-reader.js';
import type { AttackReport } from './attack-report.js';
import type { RowGuard } from './row-guard.js';
import type { Caller } from './shoppers.js';

/** What came of an operation. */
export interface Outcome {
  /** Equal for two answers that tell the same. */
  comparable: string;
  /** The SQL statements that it took, without their values: what its duration depends on. */
  statements: string;
  /** Milliseconds. */
  duration: number;
  hasErrors: boolean;
  /** Paths of the arguments that were refused as BAD_USER_INPUT. */
  refused: ReadonlySet<string>;
  data: unknown;
}

/** An operation, and what to call it. */
export interface Shot {
  /** `Mutation.createTask input.projectId` */
  place: string;
  isMutation: boolean;
  operation: { query: string; variables?: Record<string, unknown> };
  /** Values that may come back in the answer, since they were sent. */
  sent: readonly string[];
}

const NO_ANSWER: Answer = {
  status: 0,
  headers: new Headers(),
  data: null,
  errors: [],
  extensions: undefined,
  text: '',
};

/** Sends operations as one caller, looks at each answer, and undoes what it has changed. */
export class Attacker {
  constructor(
    readonly person: Caller,
    readonly reader: AnswerReader,
    readonly guard: RowGuard,
    readonly report: AttackReport,
  ) {}

  async send({ place, isMutation, operation, sent }: Shot): Promise<Outcome> {
    const { query, variables } = operation;
    const name = `${place} = ${sent.join(', ')}`;
    let answer: Answer | undefined;
    let duration = 0;
    const statements = await statementsOf(async () => {
      const start = performance.now();
      try {
        answer = await this.person.send(query, variables);
      } catch (error) {
        this.report.breach(`${name}: is not answered: ${(error as Error).message}`);
      }
      duration = performance.now() - start;
    });
    const received = answer ?? NO_ANSWER;
    for (const fault of this.reader.faults(received, sent)) {
      this.report.breach(`${name}: ${fault}: ${received.text}`);
    }
    if (isMutation) await this.checkRows(name);
    return {
      comparable: this.reader.comparable(received, sent),
      // What is fetched side by side is sent in any order.
      statements: statements.map(withoutContext).sort().join('\n'),
      duration,
      hasErrors: received.errors !== undefined,
      refused: refusedPaths(received),
      data: received.data,
    };
  }

  /** A breach when rows of others have changed; either way all rows are as they were, afterwards. */
  async checkRows(name: string): Promise<void> {
    const { others } = await this.guard.undo();
    if (others) this.report.breach(`${name}: changed rows of others`);
  }
}

function refusedPaths({ errors = [] }: Answer): Set<string> {
  return new Set(
    errors
      .filter(({ extensions }) => extensions?.code === 'BAD_USER_INPUT')
      .flatMap(({ extensions }) =>
        (extensions.fields ?? []).map(({ path }: { path: string }) => path),
      ),
  );
}

/** The only statements with values in them. */
function withoutContext(statement: string): string {
  return statement.replace(/(SET LOCAL app\.\w+ = )'[^']*'/g, "$1''");
}
