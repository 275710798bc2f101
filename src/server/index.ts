export type { ServerSettings } from '../config/environment.js';
export { createServer, type Server, type ServerOptions } from './http-server.js';
