import { makePgService } from 'postgraphile/adaptors/pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { readCaller } from '../shared/caller-headers.ts';
import type { Settings } from '../shared/settings.ts';
import { healthPlugin } from './health.plugin.ts';
import { schemaPlugins } from './schema.plugins.ts';

/** The amber preset as its documentation sets it up for production, over the schema `public`. */
export function makePreset({ databaseUrl, poolSize }: Settings): GraphileConfig.Preset {
  return {
    extends: [PostGraphileAmberPreset],
    plugins: [...schemaPlugins, healthPlugin],
    // Rows are asked for by their keys; without Relay's global ids the schema is smaller and no plan makes them.
    disablePlugins: ['NodePlugin'],
    pgServices: [
      makePgService({
        connectionString: databaseUrl,
        poolConfig: { max: poolSize, idleTimeoutMillis: 0 },
        schemas: ['public'],
        // Nothing subscribes: a listening connection would be taken from the pool.
        pubsub: false,
      }),
    ],
    grafast: {
      explain: false,
      context: (request) => {
        const caller = request.http && readCaller(request.http.headers);
        // Without a caller row-level security shows nothing and refuses every write.
        if (!caller) return {};
        return {
          pgSettings: {
            'app.current_org': caller.orgId,
            'app.current_user_id': caller.userId,
          },
        };
      },
    },
    grafserv: {
      watch: false,
      graphiql: false,
      graphqlOverGET: false,
      websockets: false,
      // Results become text while they are collected, not afterwards.
      outputDataAsString: true,
    },
  };
}
