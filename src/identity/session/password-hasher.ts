import { hash, verify } from '@node-rs/argon2';
import { BoundedLine } from '../../shared/bounded-line.js';

/**
 * Argon2id, the library's default, with the parameters that OWASP gives as its first choice: 19 MiB, 2 passes, 1 lane.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Made with the same parameters, of a password that was thrown away. */
const DECOY =
  '$argon2id$v=19$m=19456,t=2,p=1$/tvISKJHYfCgp6WNXPo9HA$JJD1B4UcexM9QQA/s4uw+qioNXxVWf5OuwGiU0iV6Hs';

export interface PasswordHasherSettings {
  /** How many are worked on at once. */
  readonly atOnce: number;
  /** How many wait for it at most. */
  readonly waiting: number;
}

const FEW: PasswordHasherSettings = { atOnce: 2, waiting: 100 };

/**
 * Hashes and checks passwords, off the main thread; each takes some tens of milliseconds, and so many at
 * once, whatever the flood; a request runs its fields one after the other, so each is in the line at one place
 * only. Both throw UNAVAILABLE when too many wait already.
 */
export class PasswordHasher {
  readonly #line: BoundedLine;

  constructor(settings: Partial<PasswordHasherSettings> = {}) {
    const { atOnce, waiting } = { ...FEW, ...settings };
    this.#line = new BoundedLine({
      limit: atOnce,
      room: waiting,
      refusal: 'Too many people are signing in at once. Try again in a moment.',
    });
  }

  /** @returns a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$…` */
  hash(password: string): Promise<string> {
    return this.#line.run(null, () => hash(password, PARAMETERS));
  }

  /**
   * Whether `password` is the one behind `stored`. Where there is none to compare with (no account,
   * or one that no password opens), the same work is done for nothing, so that neither the time taken
   * nor an error tells who has an account.
   */
  async matches(stored: string | null, password: string): Promise<boolean> {
    const hashed = stored?.startsWith('$argon2') ? stored : null;
    const matches = await this.#line.run(null, () => verify(hashed ?? DECOY, password));
    return hashed !== null && matches;
  }
}
