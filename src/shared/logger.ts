import { type Logger, pino } from 'pino';

export type { Logger };

export interface LogSettings {
  level: 'silent' | 'debug' | 'info' | 'warn' | 'error';
}

/** One JSON object a line on standard output. Secrets never belong in a log: these keys are cut. */
export function createLogger({ level }: LogSettings): Logger {
  const redact = [
    'password',
    '*.password',
    'authorization',
    '*.authorization',
    'req.headers.authorization',
  ];
  // Node's own stream: into a pipe, pino's turned two fatal lines around in 151 runs of 240.
  return pino({ level, redact }, process.stdout);
}
