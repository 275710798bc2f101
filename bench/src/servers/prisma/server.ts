import { runRestServer } from '../shared/rest.process.ts';
import { PrismaBackend } from './backend.ts';
import { createClient } from './client.ts';

await runRestServer(async (settings) => new PrismaBackend(await createClient(settings)));
