const MOST = 5;

/** Where two plain values differ, a line for each place; empty when they are equal. */
export function differences(expected: unknown, got: unknown): string[] {
  const found: string[] = [];
  compare('', expected, got, found);
  return found.length > MOST ? [...found.slice(0, MOST), `… ${found.length - MOST} more`] : found;
}

function compare(path: string, expected: unknown, got: unknown, found: string[]): void {
  if (isObject(expected) && isObject(got) && Array.isArray(expected) === Array.isArray(got)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      compare(`${path}.${key}`, expected[key], got[key], found);
    }
  } else if (!Object.is(expected, got)) {
    found.push(`${path || 'answer'}: expected ${show(expected)}, got ${show(got)}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
