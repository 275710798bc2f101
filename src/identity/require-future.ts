import type { Clock } from '../shared/clock.js';
import { badField } from '../shared/errors.js';

/** When a new credential is to end. @throws BAD_USER_INPUT for a moment that is over */
export function requireFuture(clock: Clock, expiresAt: Date | null): void {
  if (expiresAt !== null && expiresAt <= clock.now()) {
    throw badField('input.expiresAt', 'Must be in the future.');
  }
}
