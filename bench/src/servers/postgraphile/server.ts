/** PostGraphile behind node:http, as Grafserv's documentation puts it there. */
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { grafserv } from 'postgraphile/grafserv/node';
import { endOnSigterm, HOST, KEEP_ALIVE_TIMEOUT_MS } from '../shared/peer-process.ts';
import { readSettings } from '../shared/settings.ts';
import { makePreset } from './preset.ts';

const settings = readSettings(process.env);
const pgl = postgraphile(makePreset(settings));
// The schema is made before anybody may ask.
await pgl.getSchema();

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS });
await pgl.createServ(grafserv).addTo(server);
server.listen(settings.port, HOST);
endOnSigterm(async () => {
  server.close();
  server.closeAllConnections();
  await pgl.release();
});
