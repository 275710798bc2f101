import { runRestServer } from '../shared/rest.process.ts';
import { DrizzleBackend } from './backend.ts';

await runRestServer((settings) => new DrizzleBackend(settings));
