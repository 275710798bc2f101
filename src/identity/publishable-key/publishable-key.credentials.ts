import { timingSafeEqual } from 'node:crypto';
import { NIL } from 'uuid';
import { BoundedLine } from '../../shared/bounded-line.js';
import type { Clock } from '../../shared/clock.js';
import { unauthenticated } from '../../shared/errors.js';
import { InFlight } from '../../shared/in-flight.js';
import { readOpaqueToken } from '../../shared/opaque-token.js';
import type { Tenancy } from '../../tenancy/index.js';
import { addressKey } from '../defence/client-address.js';
import { CREDENTIAL_LOOKUPS } from '../defence/credential-line.js';
import { Remembered } from '../remembered.js';
import type { Client, Visitor } from '../request-context.js';
import { visitorIdOf } from '../visitor/cart-token.js';
import { type PublishableKeyStore, publishableKeyStands } from './publishable-key.store.js';

/** Keys that are remembered, at most. */
const MOST_REMEMBERED = 10_000;
/** Only how long a key that nobody uses takes up room: whether it still stands, each request asks anew. */
const REMEMBERED_MS = 300_000;

export interface PublishableKeyCredentialsOptions {
  readonly tenancy: Tenancy;
  readonly publishableKeys: PublishableKeyStore;
  readonly clock: Clock;
}

/** A key that was good when it was last looked at. */
type KnownKey = Omit<Visitor, 'userId'>;

/**
 * Tells whose guest somebody is who comes with a publishable key. What was found is remembered for the next request;
 * that it still holds is part of the visitor's precondition, and so asked in that request's own transaction.
 */
export class PublishableKeyCredentials {
  readonly #options: PublishableKeyCredentialsOptions;
  readonly #known: Remembered<KnownKey>;
  readonly #lookups = new BoundedLine(CREDENTIAL_LOOKUPS);
  readonly #underWay = new InFlight<KnownKey | null>();

  constructor(options: PublishableKeyCredentialsOptions) {
    this.#options = options;
    this.#known = new Remembered(options.clock, { most: MOST_REMEMBERED, forMs: REMEMBERED_MS });
  }

  /**
   * @throws UNAUTHENTICATED, with the same words and after the same statement, whether the key is malformed, unknown
   *   or revoked, or its organization lets nobody in; UNAVAILABLE when too many are being looked at
   */
  async visitor(key: string, { address, cartToken }: Client): Promise<Visitor> {
    const known =
      this.#known.get(key) ??
      (await this.#underWay.run(key, () =>
        this.#lookups.run(addressKey(address), () => this.#look(key)),
      ));
    if (!known) throw keyRefused();
    return { ...known, userId: visitorIdOf(known.orgId, cartToken ?? '') };
  }

  async #look(key: string): Promise<KnownKey | null> {
    const { tenancy, publishableKeys } = this.#options;
    const read = readOpaqueToken('publishableKey', key);
    const { orgId, id, hash } = read ?? { orgId: NIL, id: NIL, hash: NO_HASH };
    const found = await tenancy.withTenant({ orgId, userId: null }, 'read', (tx) =>
      publishableKeys.findPresented(tx, id),
    );
    const isRight = timingSafeEqual(hash, found ?? NO_HASH);
    if (!read || !found || !isRight) return null;
    const known: KnownKey = {
      isGuest: true,
      orgId,
      isRemembered: true,
      precondition: {
        statement: publishableKeyStands({ orgId, id }),
        refusal: () => {
          this.#known.delete(key);
          return keyRefused();
        },
      },
    };
    this.#known.set(key, known);
    return known;
  }
}

function keyRefused() {
  return unauthenticated(
    'This publishable key is not good: there is none like it, it was revoked, or its shop is closed at the moment.',
  );
}

const NO_HASH = Buffer.alloc(32);
