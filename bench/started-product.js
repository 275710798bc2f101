/** The built product as its own process, with an embedded PostgreSQL in a folder of its own, asked over HTTP. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { readEmbeddedPostgres } from '../dist/embedded-postgres/index.js';

/**
 * Does `work` with a product that was started for it, and removes everything afterwards. What fails, or does not come
 * within its limit, makes the process end with 1.
 *
 * @param name of the organization, too
 */
export async function withProduct({ name, port }, work) {
  const cwd = await mkdtemp(join(tmpdir(), `rowhouse-${name}-`));
  const product = new StartedProduct(name, port, cwd);
  try {
    await product.ready();
    await work(product);
    product.tellMissed();
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await product.end();
    await rm(cwd, { recursive: true, force: true });
  }
}

class StartedProduct {
  #server;
  #ended;
  #missed = [];

  constructor(name, port, cwd) {
    this.name = name;
    this.cwd = cwd;
    this.url = `http://127.0.0.1:${port}`;
    this.env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'development',
      PORT: String(port),
      SIGN_UP: 'open',
      STATEMENT_TIMEOUT_MS: '60000',
    };
    const { env } = this;
    this.#server = spawn(process.execPath, [dist('main.js')], { cwd, env, stdio: 'pipe' });
    this.#server.stdout.resume();
    this.#server.stderr.pipe(process.stderr);
    this.#ended = new Promise((resolve) => this.#server.once('exit', resolve));
  }

  async ready() {
    for (;;) {
      if (this.#server.exitCode !== null) throw new Error('The product has ended');
      const ready = await fetch(`${this.url}/health/ready`).catch(() => null);
      if (ready?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async end() {
    this.#server.kill('SIGTERM');
    await this.#ended;
  }

  async ask(query, variables, token) {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Makes the organization. @returns its owner's token */
  async signUp(slug = this.name) {
    const input = {
      organizationName: slug,
      slug,
      name: 'Owner',
      email: 'owner@example.com',
      password: 'a password for the benchmark',
    };
    const { signUp } = await this.ask(
      'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }',
      { input },
    );
    return signUp.accessToken;
  }

  /** URLs of its database, of a superuser and of the role that serves. */
  async databaseUrls() {
    const { superuserUrl, appUrl } = await readEmbeddedPostgres(join(this.cwd, '.rowhouse'));
    const url = new URL(superuserUrl);
    url.pathname = new URL(appUrl).pathname;
    return { superuserUrl: url.href, appUrl };
  }

  async connect() {
    const client = new pg.Client((await this.databaseUrls()).superuserUrl);
    // When it fails, the server goes first.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  run(program, args) {
    const { cwd, env } = this;
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [dist(program), ...args], {
        cwd,
        env,
        stdio: 'inherit',
      });
      child.once('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`${program}: ${code}`)),
      );
    });
  }

  /** Remembers what has taken longer than it may, in milliseconds. */
  check(what, took, limit) {
    if (took <= limit) return;
    this.#missed.push(
      `${what}: ${(took / 1000).toFixed(2)} s, and may take ${(limit / 1000).toFixed(0)} s`,
    );
  }

  tellMissed() {
    print('');
    if (this.#missed.length === 0) print('All within their limits.');
    for (const miss of this.#missed) print(`missed: ${miss}`);
    if (this.#missed.length > 0) process.exitCode = 1;
  }
}

export function print(line) {
  process.stdout.write(`${line}\n`);
}

function dist(path) {
  return fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
}
