import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import {
  type Caller,
  type Cookies,
  type Credentials,
  clientOf,
  type Sender,
  type Visitor,
} from '../identity/index.js';
import { type RowhouseError, unavailable } from '../shared/errors.js';
import { type Admission, type Applicant, SERVER_BUSY } from './admission.js';
import { CookieJar } from './cookie-jar.js';
import { isPreflighted } from './cross-site.js';
import { asGraphQLError, type ErrorFormat } from './error-format.js';
import type { Exchange, Outdated } from './exchange.js';

/**
 * Resolves to null without credentials; rejects with UNAUTHENTICATED for such as cannot be taken, and with
 * UNAVAILABLE when too many are being looked at.
 */
export type Authenticate = (credentials: Credentials) => Promise<Caller | null>;

/** Resolves to null for who shows no publishable key; rejects like `Authenticate`. */
export type AuthenticateVisitor = (credentials: Credentials) => Promise<Visitor | null>;

/** Resolves to null for cookies that don't hold. */
export type AuthenticateCookies = (cookies: Cookies) => Promise<Caller | null>;

export interface ReceptionOptions {
  readonly admission: Admission;
  readonly authenticate: Authenticate;
  /** Asked where there is no header, and cookies have come. */
  readonly authenticateCookies: AuthenticateCookies;
  /** Asked of who is not signed in. */
  readonly authenticateVisitor: AuthenticateVisitor;
  readonly errors: ErrorFormat;
}

/** Answers a request with one error instead of what it asks for. */
type Refuse = (
  request: FastifyRequest,
  reply: FastifyReply,
  error: GraphQLFormattedError,
) => FastifyReply;

declare module 'fastify' {
  interface FastifyRequest {
    /** Null for requests that nobody is asked about who sends them. */
    exchange: Exchange | null;
  }
}

const BUSY = formatted(SERVER_BUSY);

/** Those that are of one answer, and of no other to the same request. */
const HEADERS_OF_ANSWER = ['content-length', 'retry-after'] as const;

const OUTDATED = formatted(
  unavailable('What these credentials may do has just changed. Send the request again.'),
);

/** What all requests meet first that say who sends them: who that is, and whether there is room. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #refuse: Refuse;

  constructor(options: ReceptionOptions, refuse: Refuse) {
    this.#options = options;
    this.#refuse = refuse;
  }

  /**
   * Looks at a request before its body is read.
   *
   * @param heldBytes how much of its body is in memory while it waits
   * @returns the reply if it was answered: it is refused
   */
  async receive(
    request: FastifyRequest,
    reply: FastifyReply,
    heldBytes: number,
  ): Promise<FastifyReply | undefined> {
    request.exchange = beginExchange(request);
    const refusal = await this.#identify(request);
    if (refusal) return this.#refuse(request, reply, refusal);
    if (this.#options.admission.hasRoomFor(applicant(request, heldBytes))) return undefined;
    endUse(request.exchange);
    return this.#turnAway(request, reply);
  }

  /**
   * Looks at a request that has no credentials of ours, before its body is read.
   *
   * @returns the reply if it was answered: there is no room
   */
  receiveStranger(
    request: FastifyRequest,
    reply: FastifyReply,
    heldBytes: number,
  ): FastifyReply | undefined {
    request.exchange = beginExchange(request);
    if (this.#options.admission.hasRoomFor({ organization: null, bytes: heldBytes })) {
      return undefined;
    }
    return this.#turnAway(request, reply);
  }

  /**
   * Runs `work` when the turn of the organization has come for which a stranger's message is good.
   *
   * @returns the reply if it was answered: the request was turned away
   */
  async admitFor(
    organization: string,
    request: FastifyRequest,
    reply: FastifyReply,
    { heldBytes, work }: { heldBytes: number; work: () => Promise<void> },
  ): Promise<FastifyReply | undefined> {
    try {
      const applicant = { organization, bytes: heldBytes };
      await this.#options.admission.run(applicant, reply.raw, work);
      return undefined;
    } catch (error) {
      if (error !== SERVER_BUSY) throw error;
      return this.#turnAway(request, reply);
    }
  }

  /**
   * Runs `work` when the request's turn has come; and once more where it turned out on the way that what was
   * remembered of the credentials holds no more, and nothing has been done.
   *
   * @returns the reply if it was answered: the request was turned away, or its credentials hold no more
   */
  async admit(
    request: FastifyRequest,
    reply: FastifyReply,
    heldBytes: number,
    work: () => Promise<void>,
  ): Promise<FastifyReply | undefined> {
    const exchange = exchangeOf(request);
    const inTurn = () =>
      this.#options.admission
        .run(applicant(request, heldBytes), reply.raw, work)
        .finally(() => endUse(exchange));
    try {
      await inTurn();
      if (!exchange.outdated) return undefined;
      return await this.#admitAnew(request, reply, exchange.outdated, inTurn);
    } catch (error) {
      if (error !== SERVER_BUSY) throw error;
      return this.#turnAway(request, reply);
    }
  }

  #turnAway(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (request.exchange) request.exchange.isTurnedAway = true;
    return this.#refuse(request, reply, BUSY);
  }

  /**
   * Treats a request whose credentials were remembered, and hold no more, as if they had not been: nobody
   * shall see in an answer that they once were good. Such as hold again, or otherwise, are good for
   * another try: for one that is made here where nothing was done, and else for one that the client decides on. Of
   * two tries, the second is the last.
   */
  async #admitAnew(
    request: FastifyRequest,
    reply: FastifyReply,
    { isUndone }: Outdated,
    inTurn: () => Promise<void>,
  ): Promise<FastifyReply | undefined> {
    for (const header of HEADERS_OF_ANSWER) reply.removeHeader(header);
    const exchange = exchangeOf(request);
    const refusal = await this.#identify(request);
    exchange.outdated = null;
    if (refusal || !isUndone) {
      endUse(exchange);
      return this.#refuse(request, reply, refusal ?? OUTDATED);
    }
    await inTurn();
    // Set while it ran.
    if ((exchange.outdated as Outdated | null) === null) return undefined;
    for (const header of HEADERS_OF_ANSWER) reply.removeHeader(header);
    return this.#refuse(request, reply, OUTDATED);
  }

  /** @returns the error that answers the request, if who sends it cannot be told */
  async #identify(request: FastifyRequest): Promise<GraphQLFormattedError | undefined> {
    const { authenticate, authenticateCookies, authenticateVisitor, errors } = this.#options;
    const exchange = exchangeOf(request);
    try {
      exchange.caller = await authenticate(credentialsOf(request));
      if (!exchange.caller && exchange.cookies.hasReceived) {
        exchange.caller = await authenticateCookies(exchange.cookies);
      }
      if (!exchange.caller) exchange.visitor = await authenticateVisitor(credentialsOf(request));
      return undefined;
    } catch (error) {
      return errors.format(asGraphQLError(error), { requestId: request.id });
    }
  }
}

export function exchangeOf({ exchange }: FastifyRequest): Exchange {
  if (!exchange) throw new TypeError('Nobody has been asked who sends this request.');
  return exchange;
}

/** A body that comes in chunks may be as long as any. */
export function lengthOfBody({ headers, routeOptions }: FastifyRequest): number {
  const length = headers['transfer-encoding'] ? routeOptions.bodyLimit : headers['content-length'];
  return Number(length ?? 0);
}

/** A sender whose credentials were remembered: it is told when they do not hold any more. */
export function watched<Who extends Sender>(sender: Who, tell: () => void): Who {
  if (!sender.isRemembered) return sender;
  const { precondition } = sender;
  const refusal = () => {
    tell();
    return precondition.refusal();
  };
  return { ...sender, precondition: { ...precondition, refusal } };
}

function beginExchange(request: FastifyRequest): Exchange {
  const { id, ip, headers } = request;
  return {
    requestId: id,
    client: clientOf(ip, headers['user-agent'], headers['x-cart-token']?.toString()),
    cookies: cookiesOf(request),
    caller: null,
    visitor: null,
    operation: null,
    isTurnedAway: false,
    outdated: null,
  };
}

/** The request is over, as far as it is told which key has sent it. */
export function endUse({ caller, outdated }: Exchange): void {
  caller?.use?.end({ isRefused: outdated !== null });
}

/** Those that say who wants this; of a request that another site may have caused, none. */
function cookiesOf({ headers, server }: FastifyRequest): CookieJar {
  const { cookie } = headers;
  const isBelieved = cookie !== undefined && isPreflighted(headers);
  return new CookieJar(isBelieved ? cookie : undefined, server.parseCookie);
}

/** Node joins headers of these names that come twice; the types do not know it. */
function credentialsOf(request: FastifyRequest): Credentials {
  const { headers } = request;
  return {
    authorization: headers.authorization,
    organization: headers['x-organization']?.toString(),
    tenantId: headers['x-tenant-id']?.toString(),
    tenantSecret: headers['x-tenant-secret']?.toString(),
    publishableKey: headers['x-publishable-key']?.toString(),
    client: exchangeOf(request).client,
  };
}

function formatted({ message, code, details }: RowhouseError): GraphQLFormattedError {
  return { message, extensions: { code, ...details } };
}

function applicant({ exchange }: FastifyRequest, bytes: number): Applicant {
  const sender = exchange?.caller ?? exchange?.visitor;
  return { organization: sender?.orgId ?? null, bytes };
}
