/** Calls of Node's file system that fail, or return something else. */
export interface Fault {
  /** Its name without `Sync`, in `node:fs` or `node:fs/promises`. */
  readonly call: string;
  /** A part of one of its paths. */
  readonly path?: string;
  /** How many times it fails; always by default. */
  readonly times?: number;
  readonly code?: string;
  readonly returns?: object;
  /** Done before the call, which then goes on. */
  readonly action?: (path: string) => void;
}

interface ActiveFault extends Fault {
  left: number;
}

const active: ActiveFault[] = [];
/** The path of each open file. */
const paths = new Map<unknown, string>();

/** Makes calls fail until the next call of this function; returns how often each of them has failed. */
export function setFaults(...faults: readonly Fault[]): () => number[] {
  const added = faults.map((fault) => ({ ...fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
  active.splice(0, active.length, ...added);
  return () => added.map(({ times = 0, left }) => times - left);
}

/** Wraps the functions of `node:fs` or `node:fs/promises`, for `vi.mock`. */
export function faultyFs<T extends object>(original: T): T {
  const wrapped: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(original)) {
    const isCall = typeof value === 'function' && /^[a-z]/.test(name);
    wrapped[name] = isCall ? wrap(name, value) : value;
  }
  return { ...wrapped, default: wrapped } as T;
}

function wrap(name: string, original: (...args: unknown[]) => unknown) {
  return new Proxy(original, {
    apply(target, self, args) {
      const fault = findFault(name.replace(/Sync$/, ''), args);
      if (fault?.returns) return fault.returns;
      fault?.action?.(pathsOf(args)[0] ?? '');
      if (!fault || fault.action) {
        const result = Reflect.apply(target, self, args);
        if (name === 'openSync') paths.set(result, String(args[0]));
        return result;
      }
      const error = Object.assign(new Error(`${fault.code}: ${name}`), { code: fault.code, errno: -1 });
      const callback = args.at(-1);
      if (typeof callback === 'function') return void setImmediate(callback, error);
      if (name.endsWith('Sync')) throw error;
      return Promise.reject(error);
    },
  });
}

function findFault(call: string, args: readonly unknown[]): ActiveFault | undefined {
  const fault = active.find(
    (one) => one.call === call && one.left > 0 && pathsOf(args).some((path) => path.includes(one.path ?? '')),
  );
  if (fault) fault.left--;
  return fault;
}

/** The paths of a call, or those of its open files. */
function pathsOf(args: readonly unknown[]): string[] {
  const named = args.slice(0, 2).map((arg) => (typeof arg === 'number' ? paths.get(arg) : arg));
  return named.filter((path) => typeof path === 'string');
}
