import { ApiKeyCredentials } from '../api-key/api-key.credentials.js';
import { CredentialUses } from '../credential-uses.js';
import type { ExternalIdentityService } from '../external-identity/external-identity.service.js';
import type { IdentityParts } from '../identity-parts.js';
import { PublishableKeyCredentials } from '../publishable-key/publishable-key.credentials.js';
import { TenantAuthenticator } from '../tenant-secret/tenant-authenticator.js';
import { TenantSecretCredentials } from '../tenant-secret/tenant-secret.credentials.js';
import { Authenticator } from './authenticator.js';

/** Where keys and secrets of machines meet the tokens of people. */
export function createAuthenticator(
  parts: IdentityParts,
  external: ExternalIdentityService,
): Authenticator {
  const apiKeys = new ApiKeyCredentials({ ...parts, store: parts.apiKeys });
  const tenantSecrets = new TenantSecretCredentials({ ...parts, store: parts.tenantSecrets });
  const uses = new CredentialUses(parts);
  const tenants = new TenantAuthenticator({ ...parts, apiKeys, tenantSecrets, uses });
  const publishableKeys = new PublishableKeyCredentials(parts);
  return new Authenticator({ ...parts, external, apiKeys, publishableKeys, uses, tenants });
}
