/** `database rowhouse at 127.0.0.1:5432`, as a person would say it: without user and password. */
export function databaseName(url: string): string {
  const { pathname } = new URL(url);
  return `database ${decodeURIComponent(pathname.slice(1)) || 'postgres'} at ${serverName(url)}`;
}

/** `127.0.0.1:5432` */
export function serverName(url: string): string {
  const { hostname, port, searchParams } = new URL(url);
  return `${searchParams.get('host') || hostname || 'localhost'}:${port || '5432'}`;
}
