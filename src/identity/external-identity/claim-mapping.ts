import { GraphQLEmailAddress } from 'graphql-scalars';
import { textFault } from '../../shared/graphql/index.js';
import type { IdentityProviderRow } from '../identity-provider/identity-provider.store.js';
import { isRole, ROLES, type Role } from '../roles.js';
import type { Claims } from './external-tokens.js';

type Mapping = Pick<
  IdentityProviderRow,
  'emailClaim' | 'nameClaim' | 'roleClaim' | 'roleMapping' | 'defaultRole'
>;

const LONGEST_EMAIL = 254;
const LONGEST_NAME = 120;
const LONGEST_CLAIM = 1_000;

/**
 * The e-mail address, in lower case; null without one that the issuer has verified. What says so stands beside the
 * claim, under its name: `email_verified` is about `email`, and not about a name that its holder has chosen.
 */
export function verifiedEmail(claims: Claims, { emailClaim }: Mapping): string | null {
  const email = claimOf(claims, emailClaim);
  const isVerified = claimOf(claims, `${emailClaim}_verified`) === true;
  if (!isVerified || typeof email !== 'string') return null;
  if (!isAddress(email) || textFault(email, { max: LONGEST_EMAIL }) !== null) return null;
  return email.toLowerCase();
}

/** Whether the API can show it and mail can be sent to it: the issuer may have looser rules. */
function isAddress(email: string): boolean {
  try {
    GraphQLEmailAddress.parseValue(email);
    return true;
  } catch {
    return false;
  }
}

/** The name for a new account; where there is none, what stands before the @. */
export function nameOf(claims: Claims, { nameClaim }: Mapping, email: string): string {
  const claim = claimOf(claims, nameClaim);
  const isName =
    typeof claim === 'string' && textFault(claim, { min: 1, max: LONGEST_CLAIM }) === null;
  const name = isName ? claim.trim() : (email.split('@')[0] as string);
  return [...name].slice(0, LONGEST_NAME).join('');
}

/** The highest role that the claims come to; null where there is none. */
export function roleOf(claims: Claims, mapping: Mapping): string | null {
  const { roleClaim, roleMapping, defaultRole } = mapping;
  const values = roleClaim === null ? [] : [claimOf(claims, roleClaim) ?? []].flat();
  let role: Role | null = null;
  for (const value of values) {
    const mapped =
      typeof value === 'string' && Object.hasOwn(roleMapping, value) ? roleMapping[value] : null;
    if (isRole(mapped) && (role === null || ROLES.indexOf(mapped) > ROLES.indexOf(role))) {
      role = mapped;
    }
  }
  return role ?? defaultRole;
}

/**
 * A claim by its name. Names with dots are those of claims within claims where no claim has the whole of it
 * for a name, as `https://example.com/roles` may be.
 */
function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let found: unknown = claims;
  for (const step of name.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step))
      return undefined;
    found = (found as Record<string, unknown>)[step];
  }
  return found;
}
