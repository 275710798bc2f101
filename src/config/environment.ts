import { type AcceptedFinding, readAcceptedFindings } from './accepted-findings.js';
import {
  type CheckoutSettings,
  type OrderSettings,
  readCheckoutSettings,
  readGuestCartLimit,
  readOrderSettings,
} from './commerce-environment.js';
import { EnvironmentReader } from './environment-reader.js';
import { type MailSettings, readMailSettings } from './mail-environment.js';
import { type PaymentSettings, readPaymentSettings } from './payment-environment.js';
import { readSealKey } from './seal-key.js';
import {
  type Limit,
  type PasswordSettings,
  readPasswordSettings,
  readSignInLimits,
  type SignInLimitSettings,
} from './sign-in-environment.js';

/** How much one operation may ask for. */
export interface OperationLimits {
  /** Levels of nested fields. */
  readonly depth: number;
  /** Fields with an alias, fragments expanded. */
  readonly aliases: number;
  /** Directives in the operation, fragments expanded. */
  readonly directives: number;
  /** Fields of `Query` or `Mutation` itself. */
  readonly rootFields: number;
  /** Lexical tokens of the whole document; the parser stops there. */
  readonly tokens: number;
  /** Values in the variables, nested ones included. */
  readonly variableValues: number;
  /** Points of `extensions.cost`: about the number of rows that the answer may hold. */
  readonly cost: number;
}

/** What happens when more is asked for than can be answered. */
export interface AdmissionSettings {
  /** Requests that wait for their turn, of all organizations together. */
  readonly waitingOperations: number;
  /** How long one of them waits before it is answered UNAVAILABLE. */
  readonly waitLimitMs: number;
}

/** Attributes of every cookie: https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2 */
export interface CookieSettings {
  /** Sent over HTTPS alone, and to this machine itself. */
  readonly isSecure: boolean;
  /** Whether a browser sends them along when a page of another site asks. */
  readonly sameSite: 'strict' | 'lax' | 'none';
}

/** Requests that may take minutes, because what comes or goes is long: imports and exports. */
export interface TransferSettings {
  /** How long such a client may leave the server waiting for the next byte, or with it. */
  readonly stallLimitMs: number;
  /** How long such a request may take in all. */
  readonly durationLimitMs: number;
}

export interface ServerSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly introspection: boolean;
  /** Whether a browser that opens `/graphql` gets the Apollo Sandbox. */
  readonly sandbox: boolean;
  /** Origins whose pages may call: `https://app.example.com`; `localhost` for any port of it; `*`. */
  readonly corsOrigins: readonly string[];
  readonly cookies: CookieSettings;
  readonly bodyLimitBytes: number;
  readonly transfers: TransferSettings;
  /**
   * Whose `X-Forwarded-For` is believed: nobody's, that of so many proxies in a row, or that of proxies
   * with these addresses.
   */
  readonly trustProxy: false | number | readonly string[];
  /** How long requests under way may take to finish once the server shuts down. */
  readonly shutdownDeadlineMs: number;
  readonly limits: OperationLimits;
  readonly admission: AdmissionSettings;
}

const LOG_LEVELS = ['silent', 'debug', 'info', 'warn', 'error'] as const;

/** Everything that can be set from outside; made once, by `readEnvironment`. */
export interface Environment {
  readonly mode: 'development' | 'test' | 'production';
  readonly server: ServerSettings;
  readonly database: {
    /** Connection string of the role that serves requests; without one, the embedded server starts. */
    readonly url: string | undefined;
    /** Connection string of the role that owns the tables, for migrations. */
    readonly migrationUrl: string | undefined;
    /** Port of the embedded server; without one, any free port. */
    readonly embeddedPort: number | undefined;
    /** What the isolation audit may find without keeping the server from serving. */
    readonly acceptedFindings: readonly AcceptedFinding[];
    /** Seals the organization that a transaction says it is of; without one, nothing is sealed. */
    readonly sealKey: string | undefined;
    readonly pool: {
      readonly size: number;
      readonly waitLimitMs: number;
      readonly statementTimeoutMs: number;
      readonly idleInTransactionTimeoutMs: number;
    };
  };
  readonly accessTokens: {
    /** Undefined in development alone: the caller then makes one and keeps it. */
    readonly secret: string | undefined;
    /** Others whose tokens are good. */
    readonly previousSecrets: readonly string[];
    readonly issuer: string;
    readonly audience: string;
    readonly lifetimeSeconds: number;
  };
  readonly sessions: {
    /** From the sign-in to the last refresh that is possible. */
    readonly lifetimeSeconds: number;
    /** How long a refresh token that was used gives its successor again; 0 ends the session instead. */
    readonly graceSeconds: number;
  };
  /** How many sign-ins may fail. */
  readonly signIn: SignInLimitSettings;
  readonly passwords: PasswordSettings;
  /** How many cart tokens guests can have made in an organization who come from one network address. */
  readonly guestCarts: Limit;
  /** Seals what is in the database and has to be read again; without one, the secret of access tokens does. */
  readonly dataKey: string | undefined;
  readonly mail: MailSettings;
  /** Who takes payments; without secrets in development alone: the caller then makes one and keeps it. */
  readonly payments: PaymentSettings;
  readonly signUp: {
    /** Whether anybody may make an organization. */
    readonly isOpen: boolean;
  };
  readonly deletion: {
    /** How long the deletion of an organization can be cancelled; no access token may live longer. */
    readonly graceDays: number;
  };
  /** Where the frontend is, without a slash at the end: links in mail lead there. */
  readonly appUrl: string;
  /** How identity providers of organizations are asked for their keys. */
  readonly externalIdentity: {
    /** Whether one may be in a private network. */
    readonly allowPrivateAddresses: boolean;
    /** Whether one on this machine may do without TLS. */
    readonly allowInsecureLoopback: boolean;
  };
  readonly commerce: {
    readonly carts: {
      /** How long the cart of somebody who has not signed in is kept after the last change. */
      readonly lifetimeDays: number;
      /** How many of them guests can open in an organization who come from one network address. */
      readonly perAddress: Limit;
    };
    /** How long stock is kept for a cart. */
    readonly checkout: CheckoutSettings;
    readonly orders: OrderSettings;
  };
  readonly log: { readonly level: (typeof LOG_LEVELS)[number] };
}

/**
 * Reads every setting. The only place that knows the names of environment variables;
 * `.env.example` explains each of them.
 *
 * @param env an empty value counts as absent, as Compose files pass what is not set that way
 * @throws ConfigurationError with all faults at once
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const read = new EnvironmentReader(env);
  const mode = read.oneOf('NODE_ENV', ['development', 'test', 'production'], 'development');
  const production = mode === 'production';

  const url = read.postgresUrl('DATABASE_URL');
  // An embedded server that starts because a variable was forgotten would look like lost data.
  if (production && !url)
    read.fault('DATABASE_URL is not set; production takes a postgres:// URL.');
  const secret = read.secret('JWT_SECRET', { minBytes: 32 });
  if (production && !secret) {
    read.fault(
      'JWT_SECRET is not set; production takes at least 32 bytes: openssl rand -base64 48',
    );
  }

  const guestCarts = readGuestCartLimit(read);
  const waitLimitMs = read.integer('DATABASE_POOL_WAIT_MS', 2_000, { min: 1, max: 60_000 });

  return read.result({
    mode,
    server: {
      // A laptop should not serve its network; a container that does not is of no use.
      host: read.text('HOST', production ? '0.0.0.0' : '127.0.0.1'),
      port: read.integer('PORT', 4000, { min: 0, max: 65_535 }),
      introspection: read.boolean('INTROSPECTION', !production),
      sandbox: read.boolean('SANDBOX', !production),
      corsOrigins: read.origins('CORS_ORIGINS', production ? [] : ['localhost']),
      cookies: readCookieSettings(read, production),
      bodyLimitBytes: read.integer('BODY_LIMIT_BYTES', 1_048_576, { min: 1_024, max: 104_857_600 }),
      transfers: {
        stallLimitMs: read.integer('TRANSFER_STALL_MS', 10_000, { min: 100, max: 600_000 }),
        durationLimitMs: read.integer('TRANSFER_LIMIT_MS', 300_000, { min: 1_000, max: 3_600_000 }),
      },
      trustProxy: read.proxies('TRUST_PROXY'),
      shutdownDeadlineMs: read.integer('SHUTDOWN_DEADLINE_MS', 10_000, { min: 0, max: 600_000 }),
      limits: {
        depth: read.integer('MAX_QUERY_DEPTH', 12, { min: 1, max: 100 }),
        aliases: read.integer('MAX_ALIASES', 30, { min: 0, max: 1_000 }),
        directives: 20,
        rootFields: 20,
        tokens: read.integer('MAX_TOKENS', 2_000, { min: 100, max: 100_000 }),
        variableValues: read.integer('MAX_VARIABLE_VALUES', 2_000, { min: 100, max: 1_000_000 }),
        cost: read.integer('MAX_QUERY_COST', 5_000, { min: 1, max: 1_000_000 }),
      },
      admission: {
        waitingOperations: read.integer('MAX_WAITING_OPERATIONS', 1_000, {
          min: 1,
          max: 1_000_000,
        }),
        waitLimitMs,
      },
    },
    database: {
      url,
      migrationUrl: read.postgresUrl('MIGRATION_DATABASE_URL') ?? url,
      embeddedPort: read.optionalInteger('EMBEDDED_POSTGRES_PORT', { min: 1, max: 65_535 }),
      acceptedFindings: readAcceptedFindings(read),
      sealKey: readSealKey(read),
      pool: {
        size: read.integer('DATABASE_POOL_SIZE', 10, { min: 1, max: 1_000 }),
        waitLimitMs,
        statementTimeoutMs: read.integer('STATEMENT_TIMEOUT_MS', 5_000, { min: 1, max: 600_000 }),
        idleInTransactionTimeoutMs: read.integer('IDLE_IN_TRANSACTION_TIMEOUT_MS', 10_000, {
          min: 1,
          max: 600_000,
        }),
      },
    },
    accessTokens: {
      secret,
      previousSecrets: read.secrets('JWT_PREVIOUS_SECRETS', { minBytes: 32 }),
      issuer: read.text('JWT_ISSUER', 'rowhouse'),
      audience: read.text('JWT_AUDIENCE', 'rowhouse-api'),
      lifetimeSeconds: read.integer('ACCESS_TOKEN_TTL_SECONDS', 900, {
        min: 30,
        max: 86_400,
      }),
    },
    sessions: {
      lifetimeSeconds: read.integer('SESSION_TTL_SECONDS', 2_592_000, {
        min: 300,
        max: 31_536_000,
      }),
      graceSeconds: read.integer('REFRESH_GRACE_SECONDS', 0, { min: 0, max: 300 }),
    },
    signIn: readSignInLimits(read),
    passwords: readPasswordSettings(read),
    guestCarts,
    dataKey: read.secret('DATA_KEY', { minBytes: 32 }),
    mail: readMailSettings(read, { production }),
    payments: readPaymentSettings(read, { production }),
    // Who runs a product for customers of their own says so when strangers may come.
    signUp: {
      isOpen: read.oneOf('SIGN_UP', ['open', 'closed'], production ? 'closed' : 'open') === 'open',
    },
    // At least as long as the longest life of an access token: when the grace is over, none is left.
    deletion: { graceDays: read.integer('DELETION_GRACE_DAYS', 30, { min: 1, max: 365 }) },
    appUrl: read.webAddress('APP_URL', 'http://localhost:3000'),
    externalIdentity: {
      allowPrivateAddresses: read.boolean('OIDC_ALLOW_PRIVATE_ISSUERS', !production),
      allowInsecureLoopback: !production,
    },
    commerce: {
      carts: {
        lifetimeDays: read.integer('CART_LIFETIME_DAYS', 30, { min: 1, max: 365 }),
        perAddress: guestCarts,
      },
      checkout: readCheckoutSettings(read),
      orders: readOrderSettings(read),
    },
    // Whoever develops reads the terminal; a line for each request would bury what matters.
    log: {
      level: read.oneOf('LOG_LEVEL', LOG_LEVELS, production ? 'info' : 'warn'),
    },
  });
}

function readCookieSettings(read: EnvironmentReader, production: boolean): CookieSettings {
  const isSecure = read.boolean('COOKIE_SECURE', production);
  const sameSite = read.oneOf('COOKIE_SAME_SITE', ['strict', 'lax', 'none'], 'strict');
  // Browsers drop such a cookie, and nobody would know why nobody is signed in.
  if (sameSite === 'none' && !isSecure) {
    read.fault('COOKIE_SAME_SITE has "none", which browsers take only with COOKIE_SECURE=true.');
  }
  return { isSecure, sameSite };
}
