import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../shared/logger.js';

/** Both come from outside, and a name may be as long as the body. */
const LONGEST_VALUE = 100;

/**
 * One line a request. Neither variables nor headers are in it: they hold what people wrote, and their
 * tokens. Probes and preflights come so often that only `debug` shows them, and so do those who are turned
 * away: of them the log has a figure.
 */
export function logRequest(
  logger: Logger,
  { id, method, url, exchange }: FastifyRequest,
  { raw }: FastifyReply,
  startedAt: number,
): void {
  const level = exchange && !exchange.isTurnedAway ? 'info' : 'debug';
  if (!logger.isLevelEnabled(level)) return;
  logger[level](
    {
      requestId: id,
      method,
      path: url.split('?', 1)[0]?.slice(0, LONGEST_VALUE),
      operation: exchange?.operation?.operation.name?.value.slice(0, LONGEST_VALUE),
      org: (exchange?.caller ?? exchange?.visitor)?.orgId,
      status: raw.statusCode,
      durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
      // Who hung up was sent nothing, whatever the status says.
      ...(!raw.writableFinished && { aborted: true }),
    },
    'request',
  );
}
