const LOCALHOST = /^https?:\/\/(localhost|[\w-]+\.localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** `CORS_ORIGINS` in the form that `@fastify/cors` takes. */
export function allowedOrigins(origins: readonly string[]): '*' | (string | RegExp)[] {
  if (origins.includes('*')) return '*';
  return origins.map((origin) => (origin === 'localhost' ? LOCALHOST : origin));
}
