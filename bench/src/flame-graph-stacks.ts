/** What of a `.cpuprofile` is used: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Ids of nodes, in the order of time. */
  readonly samples: readonly number[];
  /** Microseconds from the sample before to each one. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** '0' for what is no script. */
    readonly scriptId: string;
    /** From 0. */
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

/** A function as it was called from where its parents say, with all that it called. */
export interface Stack {
  readonly name: string;
  /** Package and file within it, or a module of Node; empty for what is no JavaScript. */
  readonly place: string;
  /** Whose code it is: a package's, the product's, Node's. */
  readonly owner: string;
  /** Microseconds. */
  self: number;
  /** `self`, and that of all `children`. */
  total: number;
  readonly children: Map<string, Stack>;
}

export const PRODUCT = 'rowhouse';
export const NODE = 'Node.js';
/** Called by JavaScript, and written in C++: what goes to sockets, for instance. */
export const NATIVE = 'native calls';
/** Made while the server runs: queries that are compiled. */
export const GENERATED = 'generated code';
/** Called by nobody, as far as V8 knows: the event loop. */
export const PROGRAM = 'outside JavaScript';
export const GARBAGE = 'garbage collection';

/** What V8 puts where there is no function. */
const SPECIAL: ReadonlyMap<string, string> = new Map([
  ['(program)', PROGRAM],
  ['(garbage collector)', GARBAGE],
]);
const IDLE = '(idle)';
/** Under it is whatever is done for a request when it comes in. */
const FIRST_OF_REQUEST = 'parserOnIncoming';

/**
 * Puts samples of the same stack together. Left out is when nothing was done, and, of a server, everything
 * before its first request.
 *
 * @returns the root, under which all stacks are
 */
export function stacksOf(profile: CpuProfile): Stack {
  const { nodes, samples, timeDeltas } = profile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const pathOf = (id: number): ProfileNode[] => {
    const path: ProfileNode[] = [];
    // The root is no function.
    for (let at = id; parents.has(at); at = parents.get(at) as number) {
      path.push(byId.get(at) as ProfileNode);
    }
    return path.reverse();
  };
  const paths = new Map(nodes.map(({ id }) => [id, pathOf(id)]));
  const root = newStack({ name: 'all', place: '', owner: PROGRAM });
  const start = samples.findIndex((id) =>
    paths.get(id)?.some(({ callFrame }) => callFrame.functionName === FIRST_OF_REQUEST),
  );
  for (let index = Math.max(start, 0); index < samples.length - 1; index++) {
    const path = paths.get(samples[index] as number) ?? [];
    if (path.length === 0 || path[0]?.callFrame.functionName === IDLE) continue;
    // Until the next sample, that is. Clocks of threads differ: a difference may be less than nothing.
    add(root, path, Math.max(timeDeltas[index + 1] ?? 0, 0));
  }
  return root;
}

/** Microseconds spent in each owner's own code, the most first. */
export function timeByOwner(root: Stack): [owner: string, microseconds: number][] {
  const times = new Map<string, number>();
  const visit = ({ owner, self, children }: Stack) => {
    times.set(owner, (times.get(owner) ?? 0) + self);
    for (const child of children.values()) visit(child);
  };
  visit(root);
  return [...times].toSorted(([, a], [, b]) => b - a);
}

function add(root: Stack, path: readonly ProfileNode[], time: number): void {
  root.total += time;
  let stack = root;
  for (const { callFrame } of path) {
    const frame = describe(callFrame);
    const key = `${frame.name}\n${frame.place}`;
    let child = stack.children.get(key);
    if (child === undefined) {
      child = newStack(frame);
      stack.children.set(key, child);
    }
    child.total += time;
    stack = child;
  }
  stack.self += time;
}

function newStack(frame: Pick<Stack, 'name' | 'place' | 'owner'>): Stack {
  return { ...frame, self: 0, total: 0, children: new Map() };
}

function describe({ functionName, url, scriptId, lineNumber }: ProfileNode['callFrame']) {
  const special = SPECIAL.get(functionName);
  if (special !== undefined) return { name: special, place: '', owner: special };
  const { place, owner } = whereIs(url, scriptId);
  // Functions without a name are told apart by where they begin.
  const name = functionName || (url === '' ? '(anonymous)' : `line ${lineNumber + 1}`);
  return { name, place, owner };
}

function whereIs(url: string, scriptId: string): { place: string; owner: string } {
  if (url === '') return { place: '', owner: scriptId === '0' ? NATIVE : GENERATED };
  if (url.startsWith('node:')) return { place: url, owner: NODE };
  const path = decodeURI(url).replace(/^file:\/\//, '');
  // The innermost package is the one whose file it is.
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path);
  if (inPackage?.[1] && inPackage[2]) {
    return { place: `${inPackage[1]}/${inPackage[2]}`, owner: inPackage[1] };
  }
  const inProduct = /.*\/(?:dist|src)\/(.*)$/.exec(path);
  return { place: inProduct?.[1] ?? path.split('/').slice(-2).join('/'), owner: PRODUCT };
}
