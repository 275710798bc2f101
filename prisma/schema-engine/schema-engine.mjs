#!/usr/bin/env node
// Stands in for Prisma's native schema engine: same command line, same protocol, WebAssembly inside.
// The Prisma CLI starts it because prisma.config.ts names it in PRISMA_SCHEMA_ENGINE_BINARY.
import { parseArgs } from 'node:util';
import { runDatabaseCommand } from './database-commands.mjs';
import { serveJsonRpc } from './json-rpc.mjs';
import { log } from './log.mjs';
import { engineVersion } from './wasm-engine.mjs';

// The CLI parses every line of stderr as JSON; a plain Node warning there would hide the real error.
process.removeAllListeners('warning');
process.on('warning', (warning) => log('WARN', warning.message));

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    version: { type: 'boolean', short: 'V' },
    datasource: { type: 'string' },
    datamodels: { type: 'string', short: 'd', multiple: true },
    // Accepted because the CLI may pass them; the WebAssembly build reads preview features from the
    // schema and knows no extension types.
    'enabled-preview-features': { type: 'string' },
    'extension-types': { type: 'string' },
  },
});

/** @type {import('./postgres-adapter.mjs').DatasourceUrls} */
const urls = options.datasource ? JSON.parse(options.datasource) : {};

if (options.version) {
  console.log(`schema-engine-wasm ${await engineVersion()}`);
} else if (positionals[0] === 'cli') {
  process.exitCode = await runDatabaseCommand(positionals[1], urls);
} else {
  await serveJsonRpc({ datamodels: options.datamodels ?? [], urls });
}
