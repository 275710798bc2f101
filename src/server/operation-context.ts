import type { Caller, Client, Cookies, RequestContext, Visitor } from '../identity/index.js';
import { unauthenticated } from '../shared/errors.js';
import type { TenantTransaction } from '../tenancy/index.js';

type MemberClass<T> = new (ctx: RequestContext) => T;

/** The context of one GraphQL operation. */
export class OperationContext implements RequestContext {
  readonly #tx: TenantTransaction | null;
  readonly #members = new Map<MemberClass<unknown>, unknown>();
  #hasWorkedElsewhere = false;

  constructor(
    readonly caller: Caller | null,
    tx: TenantTransaction | null,
    readonly client: Client,
    readonly cookies: Cookies,
    readonly visitor: Visitor | null = null,
  ) {
    this.#tx = tx;
  }

  get tx(): TenantTransaction {
    if (!this.#tx) throw unauthenticated();
    return this.#tx;
  }

  /** Whether somebody asks an organization, signed in or not. */
  get hasTransaction(): boolean {
    return this.#tx !== null;
  }

  use<T>(member: MemberClass<T>): T {
    const known = this.#members.get(member);
    if (known !== undefined) return known as T;
    const made = new member(this);
    this.#members.set(member, made);
    return made;
  }

  /** Whether something was asked for that works in transactions of its own. */
  get hasWorkedElsewhere(): boolean {
    return this.#hasWorkedElsewhere;
  }

  noteWorkElsewhere(): void {
    this.#hasWorkedElsewhere = true;
  }

  /** Forgets every member, and with them what loaders have read. */
  forgetMembers(): void {
    this.#members.clear();
  }
}
