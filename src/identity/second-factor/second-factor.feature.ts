import type { Feature } from '../../shared/graphql/index.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { SecondFactorResolver } from './second-factor.resolver.js';
import { SecondFactorService } from './second-factor.service.js';
import { SecondFactorCheck } from './second-factor-check.js';

export function createSecondFactors(parts: IdentityParts): Feature<RequestContext> {
  const service = new SecondFactorService({ ...parts, check: new SecondFactorCheck(parts) });
  return { resolvers: [new SecondFactorResolver(service)], nodes: [] };
}
