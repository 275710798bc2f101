export type { ServerSettings } from '../config/environment.js';
export { createServer, type Server } from './http-server.js';
