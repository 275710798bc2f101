import type { Client } from 'pg';
import type { Asker } from './ask.ts';
import type { Ground } from './call-source.ts';
import type { CallKind } from './calls.ts';

/** A server whose answers are held against another's. */
export interface Contestant {
  readonly asker: Asker;
  /** With the places that this server's cursors lead to. */
  readonly ground: Ground;
  /** A superuser's, in the server's database. */
  readonly client: Client;
}

/** Something that every server that has an answer must answer alike. */
export interface Check {
  /** For the message when it does not. */
  readonly what: string;
  /** Which calls it makes: servers that lack one of them are not asked. */
  readonly kinds: readonly CallKind[];
  /** @returns what is compared: nothing that is a server's own, such as a cursor */
  run(contestant: Contestant): Promise<unknown>;
}

/** Servers do not give the same answers; `message` tells every difference. */
export class DifferentAnswers extends Error {
  override readonly name = 'DifferentAnswers';
}
