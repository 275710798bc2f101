import { connect, type Socket } from 'node:net';

/** What a server wrote, as far as it came. */
export interface RawAnswer {
  /** 0 when the connection ended without an answer. */
  status: number;
  /** Headers and body to the letter. */
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  body: any;
}

/**
 * Writes bytes that no HTTP client would write, and reads until the server has answered once or has
 * closed the connection.
 */
export function sendRaw(url: string, ...bytes: (string | Uint8Array)[]): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = openSocket(url);
    let text = '';
    const done = () => {
      socket.destroy();
      resolve(toAnswer(text));
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
      if (isComplete(text)) done();
    });
    // Who is refused early is cut off while still writing.
    socket.on('error', () => undefined);
    socket.on('close', done);
    for (const part of bytes) socket.write(part);
  });
}

/** A connection to the server behind `url`. */
export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
}

/** The head of a POST to the API, with everything that it needs but a length. */
export function postHead(headers: Record<string, string | number>): string {
  const lines = Object.entries({
    host: 'localhost',
    'content-type': 'application/json',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /graphql HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function toAnswer(text: string): RawAnswer {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  const json = text.slice(text.indexOf('\r\n\r\n') + 4);
  try {
    return { status, text, body: JSON.parse(json) };
  } catch {
    return { status, text, body: undefined };
  }
}

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, end + 2))?.[1];
  return (
    end >= 0 && length !== undefined && Buffer.byteLength(text.slice(end + 4)) >= Number(length)
  );
}
