import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EmbeddedPostgresError, USE_OWN_DATABASE } from './embedded-postgres.error.js';

const execute = promisify(execFile);

/** Tried in this order for a root user, who may not run PostgreSQL itself; macOS has the second. */
const UNPRIVILEGED_USERS = ['postgres', '_postgres', 'nobody'];

const SETPRIV = 'setpriv';

/** The user that the server's processes run as. */
export interface ServiceAccount {
  /** Set when it is another user than ours: files that the server writes must belong to it. */
  owner?: { name: string; uid: number; gid: number };
  /** Capabilities that let it pass folders closed to it, e.g. a clone below /root. */
  capabilities: readonly string[];
}

export interface ProgramResult {
  code: number;
  output: string;
}

/**
 * The account for a server whose files live in `directory`: ourselves, or an unprivileged user when we
 * are root. Proves by running `postgres --version` from that directory that the account can.
 *
 * @param directory an existing directory
 * @param dataDirectory kept by the user that it already belongs to, when it exists
 * @returns the account and the version that the program reports, e.g. `18.4`
 * @throws {EmbeddedPostgresError} `BINARIES_UNUSABLE` or `DIRECTORY_UNREACHABLE`
 */
export async function chooseServiceAccount(
  postgres: string,
  directory: string,
  dataDirectory: string,
): Promise<{ account: ServiceAccount; version: string }> {
  const faults: string[] = [];
  const candidates = await candidateAccounts(dataDirectory);
  for (const account of candidates) {
    const { code, output } = await probe(account, postgres, directory);
    const version = /\(PostgreSQL\) (\S+)/.exec(output)?.[1];
    if (code === 0 && version !== undefined) return { account, version };
    faults.push(output.trim());
  }
  throw explain(candidates, faults, postgres, directory);
}

/** Starts a program as the account. Its environment is nearly empty: it has no use for our secrets. */
export function spawnAs(
  account: ServiceAccount,
  program: string,
  args: readonly string[],
  options: Omit<SpawnOptions, 'env'> & { environment?: Record<string, string> } = {},
): ChildProcess {
  const { environment, ...spawnOptions } = options;
  const settings: SpawnOptions = { windowsHide: true, ...spawnOptions };
  // Programs on Windows do not start without some of the machine's own variables.
  if (process.platform === 'win32') return spawn(program, args, settings);
  settings.env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    TZ: 'UTC',
    ...environment,
  };
  settings.cwd ??= '/';
  if (account.owner === undefined) return spawn(program, args, settings);
  const { uid, gid } = account.owner;
  if (account.capabilities.length === 0) return spawn(program, args, { ...settings, uid, gid });
  const capabilities = ['-all', ...account.capabilities.map((name) => `+${name}`)].join(',');
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'];
  // The server asks access(2) about its own files, which disregards the capabilities of a user other
  // than root unless this bit is set (capabilities(7), SECBIT_NO_SETUID_FIXUP).
  const bits = '--securebits=+no_setuid_fixup';
  const granted = [`--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`, bits];
  return spawn(SETPRIV, [...identity, ...granted, '--', program, ...args], settings);
}

/** Runs a program as the account to its end. Never throws: what kept it from starting is `output`. */
export function runAs(
  account: ServiceAccount,
  program: string,
  args: readonly string[],
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    let output = '';
    let child: ChildProcess;
    try {
      child = spawnAs(account, program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      // Node throws, instead of emitting, when we may not become that user.
      resolve({ code: -1, output: String(error) });
      return;
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.once('error', (error) => resolve({ code: -1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

async function candidateAccounts(dataDirectory: string): Promise<ServiceAccount[]> {
  if (process.getuid?.() !== 0) return [{ capabilities: [] }];
  const owner = (await ownerOf(dataDirectory)) ?? (await unprivilegedUser());
  const plain = { owner, capabilities: [] };
  if (process.platform !== 'linux') return [plain];
  // Searching folders is enough for most clones; one made under umask 077 needs the other one too.
  return [
    plain,
    { owner, capabilities: ['dac_read_search'] },
    { owner, capabilities: ['dac_override'] },
  ];
}

async function ownerOf(dataDirectory: string): Promise<ServiceAccount['owner']> {
  const found = await stat(dataDirectory).catch(() => undefined);
  if (found === undefined || found.uid === 0) return undefined;
  return { name: `uid ${found.uid}`, uid: found.uid, gid: found.gid };
}

async function unprivilegedUser(): Promise<{ name: string; uid: number; gid: number }> {
  for (const name of UNPRIVILEGED_USERS) {
    try {
      const [uid, gid] = await Promise.all([
        execute('id', ['-u', name]).then(({ stdout }) => Number(stdout)),
        execute('id', ['-g', name]).then(({ stdout }) => Number(stdout)),
      ]);
      // macOS calls nobody -2, which is no id that a process can be given here.
      if (uid > 0 && gid >= 0) return { name, uid, gid };
    } catch {
      // There is no such user on this machine.
    }
  }
  throw new EmbeddedPostgresError(
    'DIRECTORY_UNREACHABLE',
    'PostgreSQL refuses to run as root, and this machine has neither a user "postgres" nor "nobody" ' +
      `to run it as. Start as an ordinary user, ${USE_OWN_DATABASE}.`,
  );
}

function probe(
  account: ServiceAccount,
  postgres: string,
  directory: string,
): Promise<ProgramResult> {
  if (process.platform === 'win32') return runAs(account, postgres, ['--version']);
  const script = 'cd "$1" && exec "$2" --version';
  return runAs(account, '/bin/sh', ['-c', script, 'sh', directory, postgres]);
}

function explain(
  accounts: readonly ServiceAccount[],
  faults: readonly string[],
  postgres: string,
  directory: string,
): EmbeddedPostgresError {
  const report = [...new Set(faults)].join('\n');
  if (/shared librar|Library not loaded|image not found/i.test(report)) {
    return new EmbeddedPostgresError(
      'BINARIES_UNUSABLE',
      'The libraries of the embedded PostgreSQL are incomplete: the install script of its platform ' +
        'package, which links them, has not run. Check that "allowScripts" in package.json lists the ' +
        `package and run "npm rebuild", ${USE_OWN_DATABASE}.\n${report}`,
    );
  }
  const owner = accounts[0]?.owner;
  if (owner === undefined) {
    return new EmbeddedPostgresError(
      'BINARIES_UNUSABLE',
      `The embedded PostgreSQL does not run on this machine (${postgres}); its Linux programs need ` +
        `glibc, which Alpine does not have. Use another machine or image, ${USE_OWN_DATABASE}.\n${report}`,
    );
  }
  return new EmbeddedPostgresError(
    'DIRECTORY_UNREACHABLE',
    `PostgreSQL refuses to run as root, and the user ${owner.name} that it would run as cannot ` +
      `reach ${directory} or ${postgres}. Start as an ordinary user, or move the project to a folder ` +
      `that others may enter (chmod o+x on each folder above it), ${USE_OWN_DATABASE}.\n${report}`,
  );
}
