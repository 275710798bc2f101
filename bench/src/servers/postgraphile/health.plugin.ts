import { HEALTH_PATH } from '../shared/peer-process.ts';

/** Answers the runner's question whether the server is there. */
export const healthPlugin: GraphileConfig.Plugin = {
  name: 'HealthPlugin',
  version: '0.0.0',
  grafserv: {
    middleware: {
      processRequest(next, { requestDigest }) {
        if (requestDigest.path !== HEALTH_PATH) return next();
        return { type: 'json', statusCode: 200, headers: {}, json: {} };
      },
    },
  },
};
