import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections of a server. Node's own `closeIdleConnections` leaves those alone that have never
 * sent a byte: browsers and HTTP clients open them ahead, and shutting down would wait for them.
 */
export class OpenConnections {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Closes those on which nothing is under way. */
  closeIdle(): void {
    this.#server.closeIdleConnections();
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }

  closeAll(): void {
    this.#server.closeAllConnections();
    this.closeIdle();
  }
}
