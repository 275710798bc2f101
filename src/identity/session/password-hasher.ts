import { hash, verify } from '@node-rs/argon2';

/**
 * Argon2id, the library's default, with the parameters that OWASP gives as its first choice: 19 MiB, 2 passes, 1 lane.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes and checks passwords, off the main thread; each takes some tens of milliseconds. */
export class PasswordHasher {
  #decoy: Promise<string> | undefined;

  /** @returns a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$…` */
  hash(password: string): Promise<string> {
    return hash(password, PARAMETERS);
  }

  /**
   * Whether `password` is the one behind `stored`. Where there is none to compare with (no account,
   * or one that no password opens), the same work is done for nothing, so that neither the time taken
   * nor an error tells who has an account.
   */
  async matches(stored: string | null, password: string): Promise<boolean> {
    this.#decoy ??= this.hash('nobody has this password');
    const hashed = stored?.startsWith('$argon2') ? stored : null;
    const matches = await verify(hashed ?? (await this.#decoy), password);
    return hashed !== null && matches;
  }
}
