import type { Feature } from '../../shared/graphql/index.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { SecondFactorCheck } from '../second-factor/second-factor-check.js';
import { OwnSessionsService } from './own-sessions.service.js';
import { SessionResolver, SessionTokensResolver } from './session.resolver.js';
import { SessionService } from './session.service.js';
import { SessionRefresh } from './session-refresh.js';
import { SessionRefreshStore } from './session-refresh.store.js';

export interface Sessions extends Feature<RequestContext> {
  sessions: SessionService;
}

export function createSessions(parts: IdentityParts): Sessions {
  const { settings, clock } = parts;
  const store = new SessionRefreshStore();
  const refreshing = new SessionRefresh({ ...parts, store, settings: settings.sessions });
  const sessions = new SessionService({
    ...parts,
    refreshing,
    limits: parts.signInLimits,
    secondFactor: new SecondFactorCheck(parts),
  });
  const own = new OwnSessionsService(parts.sessions, clock);
  return {
    sessions,
    resolvers: [new SessionTokensResolver(sessions), new SessionResolver(own)],
    nodes: [{ typeName: 'Session', idPrefix: 'sess', load: (ctx, id) => own.find(ctx, id) }],
  };
}
