import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type JWK } from 'oidc-provider';

/** Claims of somebody, beside `sub`. */
export type AccountClaims = Record<string, unknown>;

/** What somebody gets who signs in at the issuer. */
export interface IssuedTokens {
  idToken: string;
  /** A JWT for `AUDIENCE` (RFC 9068). */
  accessToken: string;
}

/** A real OpenID provider on this machine. */
export interface OidcIssuer {
  url: string;
  /** Goes through the authorization code flow, with PKCE. */
  signIn(subject: string, claims?: AccountClaims): Promise<IssuedTokens>;
  /** How often its keys have been asked for. */
  keyRequests(): number;
  /** Signs with another key from now on, and publishes that one alone. */
  rotateKeys(): Promise<void>;
  /** Has something else answer instead, until it is called with null. */
  answerWith(handler: ((request: IncomingMessage, response: ServerResponse) => void) | null): void;
  close(): Promise<void>;
}

/** Of the ID tokens. */
export const CLIENT_ID = 'rowhouse-frontend';
/** Of the access tokens. */
export const AUDIENCE = 'https://api.example.com';
const REDIRECT_URI = 'https://app.example.com/callback';
const CUSTOM_CLAIMS = ['org_id', 'groups', 'realm_access'];

export async function startOidcIssuer(): Promise<OidcIssuer> {
  const accounts = new Map<string, AccountClaims>();
  let instead: ((request: IncomingMessage, response: ServerResponse) => void) | null = null;
  let asked = 0;
  let provider: Provider;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const server = createServer((request, response) => {
    if (request.url === '/jwks') asked++;
    if (instead) return instead(request, response);
    if (request.url?.startsWith('/interaction/')) return void agree(request, response);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Stands for the person: signs in as whom the client hints at, and consents to everything. */
  async function agree(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { params } = await provider.interactionDetails(request, response);
    const accountId = String(params.login_hint);
    const grant = new provider.Grant({ accountId, clientId: CLIENT_ID });
    grant.addOIDCScope('openid email profile custom');
    grant.addResourceScope(AUDIENCE, 'api');
    const consent = { grantId: await grant.save() };
    await provider.interactionFinished(request, response, { login: { accountId }, consent });
  }

  async function makeProvider(): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const key = {
      ...(await exportJWK(privateKey)),
      kid: randomBytes(6).toString('hex'),
      use: 'sig',
    };
    provider = new Provider(url, {
      jwks: { keys: [key as JWK] },
      clients: [
        {
          client_id: CLIENT_ID,
          redirect_uris: [REDIRECT_URI],
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      claims: {
        openid: ['sub'],
        email: ['email', 'email_verified'],
        profile: ['name'],
        custom: CUSTOM_CLAIMS,
      },
      scopes: ['openid', 'email', 'profile', 'custom'],
      conformIdTokenClaims: false,
      cookies: { keys: [randomBytes(32).toString('hex')] },
      findAccount: (_ctx, sub) => ({
        accountId: sub,
        claims: async () => ({ sub, ...accounts.get(sub) }),
      }),
      extraTokenClaims: (_ctx, token) =>
        'accountId' in token ? accounts.get(String(token.accountId)) : undefined,
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      features: {
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({
            scope: 'api',
            audience: AUDIENCE,
            accessTokenFormat: 'jwt',
            accessTokenTTL: 600,
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
      ttl: { IdToken: 600, AccessToken: 600, Grant: 600, Interaction: 600, Session: 600 },
    });
    answer = provider.callback();
  }

  await makeProvider();

  return {
    url,
    async signIn(subject, claims = {}) {
      accounts.set(subject, claims);
      return runCodeFlow(url, subject);
    },
    keyRequests: () => asked,
    rotateKeys: makeProvider,
    answerWith(handler) {
      instead = handler;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a browser and a public client do: RFC 6749, section 4.1, with RFC 7636 and RFC 8707. */
async function runCodeFlow(issuer: string, subject: string): Promise<IssuedTokens> {
  const verifier = randomBytes(32).toString('base64url');
  const authorize = new URL(`${issuer}/auth`);
  authorize.search = new URLSearchParams({
    client_id: CLIENT_ID,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid email profile custom api',
    resource: AUDIENCE,
    login_hint: subject,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const code = await followToCode(authorize);
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: CLIENT_ID,
      redirect_uri: REDIRECT_URI,
      code,
      code_verifier: verifier,
      resource: AUDIENCE,
    }),
  });
  const tokens = (await response.json()) as { id_token?: string; access_token?: string };
  if (!tokens.id_token || !tokens.access_token) {
    throw new Error(`The issuer gave no tokens: ${JSON.stringify(tokens)}`);
  }
  return { idToken: tokens.id_token, accessToken: tokens.access_token };
}

async function followToCode(start: URL): Promise<string> {
  const cookies = new Map<string, string>();
  let next = start;
  for (let step = 0; step < 10; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (!location) throw new Error(`The issuer did not redirect: ${await response.text()}`);
    next = new URL(location, next);
    const code = next.searchParams.get('code');
    if (code) return code;
  }
  throw new Error('The issuer redirects in circles');
}
