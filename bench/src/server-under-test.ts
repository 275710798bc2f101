import type { Client } from 'pg';
import type { Answer, Call, CallKind } from './calls.ts';

/** How a server process is started. */
export interface LaunchSettings {
  readonly port: number;
  /** `postgres://` URL of the serving role, to the database with the forced policies. */
  readonly databaseUrl: string;
  /** Most database connections held at once. */
  readonly poolSize: number;
}

export interface Launch {
  /** Arguments of Node: the script and what goes to it. */
  readonly args: readonly string[];
  /** Added to an environment that holds nothing but PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** Answers 200 as soon as the server may be asked. */
  readonly readyPath: string;
}

/** One HTTP request, ready to be sent. A GET has no body. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One way to build the backend: how it is started, asked and understood. */
export interface ServerUnderTest {
  /** Short, as in a table: `postgraphile`. */
  readonly name: string;
  /** As in prose: `PostGraphile 5 (amber preset)`. */
  readonly title: string;
  /**
   * Takes a copy of the data for this server alone, and changes it. Servers without it share one database.
   *
   * @param client a superuser's, in the copy
   */
  readonly changeCopy?: (client: Client) => Promise<void>;
  /** Updates overwrite whatever is there: less than the contract asks for, which the report then says. */
  readonly ignoresVersion?: boolean;
  /** Calls that it has no answer to: it does not take part in workloads with them. */
  readonly lacks?: readonly CallKind[];
  launch(settings: LaunchSettings): Launch;
  /**
   * Called before anything is timed, so it may be slow: signing a token, for instance. Never with what it lacks.
   */
  request(call: Call): HttpRequest | Promise<HttpRequest>;
  /**
   * @param body as received, with status 200
   * @throws Error with what the server said when it is no answer to `call`
   */
  read(call: Call, body: string): Answer;
}

/** Whether a server answers calls of all these kinds. */
export function answersAll(server: ServerUnderTest, kinds: readonly CallKind[]): boolean {
  return !kinds.some((kind) => server.lacks?.includes(kind));
}
