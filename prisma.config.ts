import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { defineConfig } from 'prisma/config';

const ROOT = import.meta.dirname;
const COMMANDS_WITH_DATABASE = ['migrate', 'db', 'studio'];

const envFile = join(ROOT, '.env');
if (existsSync(envFile)) process.loadEnvFile(envFile); // keeps variables that are already set

const needsDatabase = COMMANDS_WITH_DATABASE.some((command) => process.argv.includes(command));
const { DATABASE_URL, MIGRATION_DATABASE_URL, SHADOW_DATABASE_URL } = process.env;
// `||` and not `??`: an empty variable, as compose files like to pass, means "not set".
const configuredUrl = MIGRATION_DATABASE_URL || DATABASE_URL;
const developmentUrl = needsDatabase && !configuredUrl ? developmentServerUrl() : undefined;
const url = configuredUrl || developmentUrl;

if (needsDatabase) {
  if (!url) {
    explainFailure(
      'No database to work on: set MIGRATION_DATABASE_URL or DATABASE_URL (in the environment or in .env), or run `npm start` in another terminal for a development server.',
    );
  } else if (developmentUrl && !(await isListening(developmentUrl))) {
    explainFailure(
      'The development server of this folder is not running: run `npm start` in another terminal, or set MIGRATION_DATABASE_URL or DATABASE_URL to another database.',
    );
  }
}

// Nothing here may need the internet: keep the background look-up of newer Prisma versions off.
process.env.CHECKPOINT_DISABLE ??= '1';
// What Prisma starts by name: the generators, which only npx and npm scripts put on the PATH, and the
// engine script's `env node`, which is to be the Node that runs this.
const programs = [join(ROOT, 'node_modules', '.bin'), dirname(process.execPath)];
process.env.PATH = [...programs, process.env.PATH].join(delimiter);
useWebAssemblyEngine();

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // Left out where there is no URL: `prisma generate` and `prisma validate` need none.
  datasource: {
    ...(url && { url }),
    ...(SHADOW_DATABASE_URL && { shadowDatabaseUrl: SHADOW_DATABASE_URL }),
  },
});

/** The owner's URL of the embedded PostgreSQL server, noted by `npm start`. */
function developmentServerUrl(): string | undefined {
  const file = join(ROOT, '.rowhouse', 'postgres.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { ownerUrl: string }).ownerUrl;
}

function isListening(serverUrl: string): Promise<boolean> {
  const { hostname, port } = new URL(serverUrl);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 5432), timeout: 1000 });
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

/** Adds what to do to Prisma's own message, which says what is missing but not how this project gets it. */
function explainFailure(sentence: string): void {
  process.once('exit', (code) => {
    if (code !== 0) process.stderr.write(`\n${sentence}\n`);
  });
}

/**
 * Prisma downloads its native schema engine on first use. Where it hasn't been, name the WebAssembly
 * build instead, so that no command needs the internet. See prisma/schema-engine/README.md.
 */
function useWebAssemblyEngine(): void {
  const { PRISMA_SCHEMA_ENGINE_BINARY, PRISMA_MIGRATION_ENGINE_BINARY } = process.env;
  if (PRISMA_SCHEMA_ENGINE_BINARY || PRISMA_MIGRATION_ENGINE_BINARY) return;
  if (isNativeEngineInstalled()) return;
  // Windows starts no script as if it were a program: commands that run the engine download it there.
  if (process.platform === 'win32' && needsDatabase) return;

  const script = join(ROOT, 'prisma', 'schema-engine', 'schema-engine.mjs');
  // A checkout on Windows, or an archive, may have lost what makes it executable.
  if ((statSync(script).mode & 0o111) === 0) chmodSync(script, 0o755);
  process.env.PRISMA_SCHEMA_ENGINE_BINARY = script;
}

function isNativeEngineInstalled(): boolean {
  const prisma = createRequire(import.meta.url).resolve('prisma/package.json');
  const engines = dirname(createRequire(prisma).resolve('@prisma/engines/package.json'));
  return readdirSync(engines).some((file) => file.startsWith('schema-engine-'));
}
