import { runRestServer } from '../../shared/rest.process.ts';
import { PreparedDrizzleBackend } from './backend.ts';

await runRestServer((settings) => new PreparedDrizzleBackend(settings));
