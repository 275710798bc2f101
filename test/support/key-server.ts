import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** Somebody who signs whatever they are asked to, and whose keys can be had; see also startOidcIssuer. */
export interface KeyServer {
  /** Where the keys are. */
  url: string;
  publicKey: Awaited<ReturnType<typeof generateKeyPair>>['publicKey'];
  /** A token that is good for ten minutes, but for what is given; undefined leaves a claim out. */
  sign(claims: JWTPayload | object, header?: object): Promise<string>;
  /** Adds as many bytes to the answer, which stays a good one. */
  pad(bytes: number): void;
  /** Answers nobody from now on until what it gives is called. */
  hold(): () => void;
  /** Whether somebody waits for an answer that is held. */
  isAsked(): boolean;
  close(): void;
}

export async function startKeyServer(): Promise<KeyServer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one' }];
  let padding = 0;
  let held: (() => void)[] | null = null;
  const server = createServer((_request, response) => {
    const answer = () => response.end(JSON.stringify({ keys, padding: 'x'.repeat(padding) }));
    if (held) held.push(answer);
    else answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    publicKey,
    sign(claims, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iat: now, exp: now + 600, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'at+jwt', ...header })
        .sign(privateKey);
    },
    pad(bytes) {
      padding = bytes;
    },
    hold() {
      held = [];
      return () => {
        const waiting = held ?? [];
        held = null;
        for (const answer of waiting) answer();
      };
    },
    isAsked: () => (held?.length ?? 0) > 0,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
