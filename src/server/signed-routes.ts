import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SIGNED_ROUTES } from '../identity/index.js';
import type { SignedRequest, SignedRoute } from '../shared/http-route.js';
import type { Tenancy, TenantTransaction } from '../tenancy/index.js';
import { asGraphQLError } from './error-format.js';
import { lengthOfBody, Reception, type ReceptionOptions } from './reception.js';
import { refuse } from './route-refusal.js';

export interface SignedRouteOptions extends ReceptionOptions {
  readonly tenancy: Tenancy;
}

const TAKEN = JSON.stringify({ received: true });

/** One for all that can be wrong, so that nobody learns which organizations and secrets there are. */
const NOT_TAKEN = {
  message:
    'This message is not taken. Check the address, that it is signed with the secret of the organization, and that it was signed just now.',
  extensions: { code: 'BAD_REQUEST' },
};

/**
 * Serves what features have for machines without credentials of ours. Their messages meet the same limits as all
 * requests, and get the organization that their signature is good for, and no other.
 *
 * @throws TypeError for a route that is not listed: what somebody has left open by mistake never serves
 */
export function addSignedRoutes(
  fastify: FastifyInstance,
  routes: readonly SignedRoute<TenantTransaction>[],
  options: SignedRouteOptions,
): void {
  for (const { method, path } of routes) {
    if (SIGNED_ROUTES.has(`${method} ${path}`)) continue;
    throw new TypeError(
      `${method} ${path} has no caller: list it in SIGNED_ROUTES, should it be so.`,
    );
  }
  const reception = new Reception(options, refuse);
  fastify.register(async (scope) => {
    // What is signed are the bytes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    for (const route of routes) {
      scope.route({
        method: route.method,
        url: route.path,
        bodyLimit: route.bytes,
        exposeHeadRoute: false,
        onRequest: async (request, reply) =>
          reception.receiveStranger(request, reply, lengthOfBody(request)),
        handler: (request, reply) => serve(route, request, reply),
      });
    }
  });

  async function serve(
    route: SignedRoute<TenantTransaction>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    try {
      const { headers, body } = request;
      const params = request.params as SignedRequest['params'];
      const work = route.open({
        params,
        headers,
        body: Buffer.isBuffer(body) ? body : Buffer.of(),
      });
      if (!work) return refuse(request, reply, NOT_TAKEN, 400);
      const tenant = { orgId: work.orgId, userId: null };
      const answered = await reception.admitFor(work.orgId, request, reply, {
        heldBytes: lengthOfBody(request),
        work: () => options.tenancy.withTenantPastDeadlocks(tenant, (tx) => work.run(tx)),
      });
      return answered ?? reply.type('application/json; charset=utf-8').send(TAKEN);
    } catch (error) {
      const told = options.errors.format(asGraphQLError(error), { requestId: request.id });
      return refuse(request, reply, told);
    }
  }
}
