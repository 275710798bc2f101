import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

let panicMessage = '';

/** What the engine said when it panicked; the WebAssembly trap itself carries no message. */
export const lastPanic = () => panicMessage;

/** Node cannot `import` a .wasm file, so the module is put together by hand. */
async function loadModule() {
  const glue = import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(fileURLToPath(new URL('schema_engine_bg.wasm', glue)));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(instance.exports);
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    set_message: (message) => {
      panicMessage = message;
    },
  };
  instance.exports.__wbindgen_start();
  return bindings;
}

/** The commit of prisma-engines the WebAssembly was built from. */
export async function engineVersion() {
  return (await loadModule()).version();
}

/**
 * @param {[path: string, content: string][]} datamodels
 * @param {import('@prisma/driver-adapter-utils').SqlMigrationAwareDriverAdapterFactory} adapterFactory
 * @param {(line: string) => void} log receives one JSON line per event
 */
export async function createEngine(datamodels, adapterFactory, log) {
  const { SchemaEngine } = await loadModule();
  const boundFactory = bindMigrationAwareSqlAdapterFactory(adapterFactory);
  const engine = await SchemaEngine.new(
    { datamodels: datamodels.length > 0 ? datamodels : undefined },
    log,
    boundFactory,
  );
  return { engine, errorRegistry: boundFactory.errorRegistry };
}
