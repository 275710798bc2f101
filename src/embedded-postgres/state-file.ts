import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { SUPERUSER } from './data-directory.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { giveToFolderOwner } from './server-files.js';

export const DATABASE = 'rowhouse';

/** What `postgres.json` keeps between starts, readable by its user only: it holds the passwords. */
export interface ServerState {
  /** The port of the last start, kept so that it stays the same. */
  port: number;
  /** The running server, null when it was stopped. */
  pid: number | null;
  superuserUrl: string;
  ownerUrl: string;
  appUrl: string;
  backupUrl: string;
}

const URLS = ['superuserUrl', 'ownerUrl', 'appUrl', 'backupUrl'] as const;

/** State with fresh random passwords, for a server that does not exist yet. */
export function newState(): ServerState {
  return {
    port: 0,
    pid: null,
    superuserUrl: newUrl(SUPERUSER, 'postgres'),
    ownerUrl: newUrl('rowhouse_owner', DATABASE),
    appUrl: newUrl('rowhouse_app', DATABASE),
    backupUrl: newUrl('rowhouse_backup', DATABASE),
  };
}

/** The same state for a server that listens on another port. */
export function atPort(state: ServerState, port: number): ServerState {
  const moved = { ...state, port };
  for (const key of URLS) {
    const url = new URL(state[key]);
    url.port = String(port);
    moved[key] = url.href;
  }
  return moved;
}

/** The same role in another database. */
export function inDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

export function passwordIn(url: string): string {
  return decodeURIComponent(new URL(url).password);
}

/** @throws {EmbeddedPostgresError} `CREDENTIALS_LOST` when the file is there but makes no sense */
export async function readState(path: string): Promise<ServerState | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
  try {
    const state = JSON.parse(text) as ServerState;
    if (!Number.isInteger(state.port)) throw new Error('port is missing');
    for (const key of URLS) new URL(state[key]);
    return state;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Replaces the file as a whole: a reader, or the next start after a crash, never sees half of it. */
export async function writeState(path: string, state: ServerState): Promise<void> {
  const next = `${path}.next`;
  await writeFile(next, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  await giveToFolderOwner(next);
  await rename(next, path);
}

function newUrl(user: string, database: string): string {
  return `postgresql://${user}:${randomBytes(24).toString('base64url')}@127.0.0.1/${database}`;
}

function unreadable(path: string, cause: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'CREDENTIALS_LOST',
    `${path}, which holds the passwords of the embedded PostgreSQL, cannot be read: ` +
      `${cause instanceof Error ? cause.message : String(cause)}. Restore it, or delete its folder to ` +
      'begin with an empty database.',
    { cause },
  );
}
