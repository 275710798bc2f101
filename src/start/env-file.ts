import { existsSync } from 'node:fs';

/** Takes settings from `.env` in the current folder, where there is one; variables that are set win. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}
