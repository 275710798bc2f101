import type { Answer, Api, Organization } from './api.js';

/** Somebody who is not signed in, at the shop of an organization. */
export interface Guest {
  /** Without one, nothing belongs to them. */
  readonly cartToken: string | null;
  send(query: string, variables?: object): Promise<Answer>;
}

/** A key of the organization that may stand in a web page. */
export async function createPublishableKey({
  owner,
}: Pick<Organization, 'owner'>): Promise<string> {
  const { createPublishableKey: made } = await owner.ask(
    'mutation { createPublishableKey(input: { name: "shop" }) { key } }',
  );
  return made.key;
}

export function guestWith(api: Api, key: string, cartToken: string | null): Guest {
  const headers = {
    'x-publishable-key': key,
    ...(cartToken !== null && { 'x-cart-token': cartToken }),
  };
  return { cartToken, send: (query, variables = {}) => api.send(query, variables, headers) };
}

/** A guest who can have a cart. */
export async function newGuest(api: Api, key: string): Promise<Guest & { cartToken: string }> {
  const { data } = await guestWith(api, key, null).send('mutation { createCartToken }');
  const cartToken: string = data.createCartToken;
  return { ...guestWith(api, key, cartToken), cartToken };
}
