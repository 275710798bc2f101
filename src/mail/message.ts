import type { Mail } from './mail.js';

/** A mail on its way. */
export interface Message {
  /** UUID; the same however often it is tried. */
  readonly id: string;
  /** When it was put into the outbox. */
  readonly createdAt: Date;
  readonly mail: Mail;
}
