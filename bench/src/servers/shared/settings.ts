/** What a peer's process is told through its environment. */
export interface Settings {
  readonly port: number;
  readonly databaseUrl: string;
  readonly poolSize: number;
}

/** @throws Error naming the variable that is missing or no positive integer */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    port: positiveInteger(env, 'PORT'),
    databaseUrl: required(env, 'DATABASE_URL'),
    poolSize: positiveInteger(env, 'POOL_SIZE'),
  };
}

function positiveInteger(env: NodeJS.ProcessEnv, name: string): number {
  const value = Number(required(env, name));
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} is no positive integer.`);
  return value;
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is missing.`);
  return value;
}
