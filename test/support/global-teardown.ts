/** Stops and drops what the global setup made. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.rowhouseTestTeardown?.();
}
