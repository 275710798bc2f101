import type { FastifyInstance } from 'fastify';
import type { PoolFigures, Tenancy } from '../tenancy/index.js';
import type { Admission, AdmissionFigures } from './admission.js';

/** A probe is asked every few seconds; a database that takes longer than this is of no use. */
const PING_LIMIT_MS = 1_000;

export interface Readiness {
  readonly status: 'ready' | 'unavailable' | 'draining';
  readonly database: 'up' | 'down';
  readonly pool: PoolFigures;
  readonly operations: AdmissionFigures;
}

export interface HealthOptions {
  readonly tenancy: Tenancy;
  readonly admission: Admission;
  isDraining(): boolean;
}

/**
 * `GET /health/live`: the process answers. `GET /health/ready`: it may be sent requests, that is, it
 * is not shutting down and the database answers.
 */
export function addHealthRoutes(fastify: FastifyInstance, options: HealthOptions): void {
  const database = new DatabaseProbe(options.tenancy);
  fastify.get('/health/live', async () => ({ status: 'ok' }));
  fastify.get('/health/ready', async (_request, reply) => {
    const up = await database.isUp();
    const readiness: Readiness = {
      status: options.isDraining() ? 'draining' : up ? 'ready' : 'unavailable',
      database: up ? 'up' : 'down',
      pool: options.tenancy.poolFigures,
      operations: options.admission.figures,
    };
    return reply.code(readiness.status === 'ready' ? 200 : 503).send(readiness);
  });
}

/** However many probes ask, one connection is enough to tell. */
class DatabaseProbe {
  readonly #tenancy: Tenancy;
  #ping: Promise<boolean> | undefined;

  constructor(tenancy: Tenancy) {
    this.#tenancy = tenancy;
  }

  isUp(): Promise<boolean> {
    this.#ping ??= this.#tenancy
      .ping()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.#ping = undefined;
      });
    return Promise.race([this.#ping, timeout()]);
  }
}

function timeout(): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(resolve, PING_LIMIT_MS, false).unref();
  });
}
