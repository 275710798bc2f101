/**
 * A route that a feature serves beside GraphQL, because what goes in or out is too much to be held in memory. It
 * is answered like an operation: who asks is identified in the same way, has the same turn, and gets one
 * transaction of their own organization.
 */
export interface HttpRoute<Context, Permission extends string = string> {
  readonly method: 'GET' | 'POST';
  /** `/catalog/products/import` */
  readonly path: string;
  /** One sentence, for `docs/permissions.md`. */
  readonly description: string;
  /** `read` is one snapshot, and writes nothing. */
  readonly access: 'read' | 'write';
  /** What the caller's role has to include; null for all staff. Customers have no business here. */
  readonly permission: Permission | null;
  /** What it takes a body of; nothing for a route without one. */
  readonly takes?: { readonly mediaTypes: readonly string[]; readonly bytes: number };
  /**
   * Looks at what is asked for, before anything of the body is read.
   *
   * @throws BAD_USER_INPUT
   */
  open(asked: AskedRoute): RouteAnswer<Context>;
}

/**
 * A route for machines that have no credentials of ours, and whose messages say by themselves who sends them: by a
 * signature, which the feature checks. What it lets in has one transaction of the organization that it names.
 */
export interface SignedRoute<Transaction> {
  readonly method: 'POST';
  /** With parameters: `/payments/webhooks/:provider/:organizationId` */
  readonly path: string;
  /** One sentence, for `docs/permissions.md`. */
  readonly description: string;
  /** What is asked for in place of a caller, for `docs/permissions.md`: `a signature of …`. */
  readonly credential: string;
  /** Most that a body may have; it is in memory as a whole. */
  readonly bytes: number;
  /**
   * Checks the credential, and says for which organization it is good. Costs no statement, and throws nothing.
   *
   * @returns null for whatever is wrong: all of it gets one answer, so that nobody learns what it was
   */
  open(request: SignedRequest): SignedWork<Transaction> | null;
}

export interface SignedRequest {
  /** Those of the path. */
  readonly params: Readonly<Record<string, string | undefined>>;
  /** Names in lower case; most that come twice are joined by commas. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** To the byte. */
  readonly body: Buffer;
}

export interface SignedWork<Transaction> {
  /** UUID of the organization that the credential is of. */
  readonly orgId: string;
  /**
   * What is done about it; it has nothing to answer but that it was taken.
   *
   * @throws RowhouseError for what is to be sent again: nothing of it is kept
   */
  run(tx: Transaction): Promise<void>;
}

export interface AskedRoute {
  /** What comes more than once is a list. */
  readonly query: Readonly<Record<string, string | string[] | undefined>>;
  /** One of those that the route takes, in lower case; empty without a body. */
  readonly mediaType: string;
}

export interface RouteAnswer<Context> {
  /** Of the answer. */
  readonly mediaType: string;
  /** Under which a browser stores the answer. */
  readonly fileName?: string;
  /**
   * Does the work, in a transaction that is over when this resolves: what the client has to know about that
   * goes into the end that is returned.
   */
  run(ctx: Context, transfer: Transfer): Promise<RouteEnd>;
  /**
   * The last that an answer says which has begun and then failed. Left out, the connection is cut, so that
   * nobody takes half of an answer for all of it.
   */
  failed?(error: { readonly code: string; readonly message: string }): string;
}

export interface RouteEnd {
  /** Whether the transaction is committed; otherwise it is rolled back. */
  readonly isKept: boolean;
  /** Sent when that has happened. */
  readonly text: string;
}

/** What comes from the client and goes to it. All of it throws when the client has gone, or takes too long. */
export interface Transfer {
  /** The request's body as it comes. @throws BAD_USER_INPUT when it is longer than the route takes */
  readonly body: AsyncIterable<Uint8Array>;
  /** Sends text. Waits for nothing, so it is for answers that are short, or wait for `taken`. */
  send(text: string): void;
  /** Resolves when the client has taken so much of what was sent that more may follow. */
  taken(): Promise<void>;
}
