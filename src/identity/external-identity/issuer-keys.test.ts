import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.js';
import type { IdentityProviderRow } from '../identity-provider/identity-provider.store.js';
import { IssuerClient } from './issuer-client.js';
import { IssuerKeys } from './issuer-keys.js';

const LOCAL = { allowPrivateAddresses: true, allowInsecureLoopback: true };
const HEADER = { alg: 'RS256', kid: 'one' };
const TOKEN = { payload: '', signature: '' };

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** An issuer that says anything, and counts how often it was asked. */
async function startIssuer(answer: RequestListener): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const provider = (fields: object) => ({ id: 'idp', version: 1, jwksUrl: null, ...fields });

const askFor = (keys: IssuerKeys, fields: object, orgId = 'org') =>
  keys.keyOf(orgId, provider(fields) as unknown as IdentityProviderRow, HEADER, TOKEN);

describe('an issuer', () => {
  it.each<[what: string, document: (url: string) => unknown, requests: number]>([
    ['says to be another one', () => ({ issuer: 'https://other' }), 1],
    ['tells of no keys', (issuer) => ({ issuer }), 1],
    ['has keys that may not be asked for', (issuer) => ({ issuer, jwks_uri: 'file:///x' }), 1],
    ['has keys that are none', (issuer) => ({ issuer, jwks_uri: `${issuer}/keys`, keys: 'x' }), 2],
  ])('that %s is left alone for a while', async (_what, document, requests) => {
    const issuer = await startIssuer((_request, response) =>
      response.end(JSON.stringify(document(issuer.url))),
    );
    const keys = new IssuerKeys(new IssuerClient(LOCAL), { retryAfterMs: 3_600_000 });
    for (let time = 0; time < 4; time++) {
      await expect(askFor(keys, { issuer: issuer.url })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
    }
    expect(issuer.asked).toHaveLength(requests);
  });

  it('of another version of a provider is asked anew', async () => {
    const issuer = await startIssuer((_request, response) => response.end('{"keys":[]}'));
    const keys = new IssuerKeys(new IssuerClient(LOCAL), {});
    const jwksUrl = `${issuer.url}/keys`;
    for (const version of [1, 1, 2, 2]) {
      await expect(askFor(keys, { jwksUrl, version })).rejects.toMatchObject({
        code: 'ERR_JWKS_NO_MATCHING_KEY',
      });
    }
    expect(issuer.asked).toHaveLength(2);
  });

  it('keeps its keys, however many providers another organization has', async () => {
    const issuer = await startIssuer((_request, response) => response.end('{"keys":[]}'));
    const keys = new IssuerKeys(new IssuerClient(LOCAL), {});
    const ask = () => askFor(keys, { jwksUrl: `${issuer.url}/keys` }).catch(({ code }) => code);
    expect(await ask()).toBe('ERR_JWKS_NO_MATCHING_KEY');
    for (let id = 0; id < 2_000; id++) {
      await askFor(keys, { id: String(id), jwksUrl: 'ftp://x' }, 'other').catch(() => undefined);
    }
    expect(await ask()).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(issuer.asked).toHaveLength(1);
  });

  it('that never answers takes the turns of its organization, and of no other', async () => {
    const slow = await startIssuer(() => undefined);
    const good = await startIssuer((_request, response) => response.end('{"keys":[]}'));
    const keys = new IssuerKeys(new IssuerClient({ ...LOCAL, timeoutMs: 3_600_000 }), {});
    const ask = (id: number) => askFor(keys, { id: String(id), jwksUrl: slow.url });
    const waiting = [1, 2, 3, 4, 5].map((id) => ask(id).catch((error: unknown) => error));
    await eventually(() => slow.asked.length === 5, 'five requests wait');
    await expect(ask(6)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await askFor(keys, { jwksUrl: good.url }, 'other').catch(({ code }) => code)).toBe(
      'ERR_JWKS_NO_MATCHING_KEY',
    );
    for (const close of closing.splice(0)) close();
    await Promise.all(waiting);
    expect(slow.asked).toHaveLength(5);
  });
});
