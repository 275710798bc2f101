import { SERVING_ROLE, SHOPPER_ROLE } from './isolation-audit.expectation.js';

export const BECOME = {
  shopper: `SET LOCAL ROLE ${SHOPPER_ROLE}`,
  organization: `SET LOCAL ROLE ${SERVING_ROLE}`,
} as const;

/** A fault of the calling code: what one has asked for shall not be answered as to the other. */
export class OtherRoleError extends Error {
  override readonly name = 'OtherRoleError';

  constructor() {
    super(
      'Await what Prisma does for a shopper before the organization acts, and the other way round.',
    );
  }
}

/**
 * In which role the next statement of one transaction is sent. A shopper's begins in theirs, and the organization may
 * have a turn on their behalf; its role is taken with its first statement, and without one not at all.
 *
 *     shopper's turn       select …
 *     organization's turn  SET LOCAL ROLE rowhouse_app; write …; SET LOCAL ROLE rowhouse_shopper
 *     shopper's turn       select …
 */
export class ActingRole {
  #isShopper: boolean;
  #isOrganizationsTurn = false;
  /** Whether the role of the organization is to be taken before the next statement. */
  #isDue = false;

  constructor(isShopper: boolean) {
    this.#isShopper = isShopper;
  }

  /** Whether the next statement is a shopper's, and not one of the organization on their behalf. */
  get isShopper(): boolean {
    return this.#isShopper;
  }

  /** Nothing more begins as the shopper; what has begun ends as such, before the organization's turn. */
  leaveShopper(): void {
    this.#isShopper = false;
  }

  beginTurn(): void {
    this.#isOrganizationsTurn = true;
    this.#isDue = true;
  }

  /** @returns the command that gives the role back, for sending it now; undefined when it was never taken */
  endTurn(): string | undefined {
    const isTaken = !this.#isDue;
    this.#isDue = false;
    this.#isOrganizationsTurn = false;
    this.#isShopper = true;
    return isTaken ? BECOME.shopper : undefined;
  }

  /** The command to send before the next statement, for sending it now; undefined for none. */
  take(): string | undefined {
    if (!this.#isDue) return undefined;
    this.#isDue = false;
    return BECOME.organization;
  }

  /** On a new connection the organization's role, if it is its turn, is still to be taken. */
  beginAnew(): void {
    this.#isDue = this.#isOrganizationsTurn;
  }
}
