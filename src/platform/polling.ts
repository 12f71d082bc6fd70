/**
 * A sleeping wait for the Dawn bindings. While a promise of theirs is pending (mapAsync, onSubmittedWorkDone, ...) they poll
 * the device through `globalThis.setImmediate`, in a loop that never sleeps and takes a whole core from a software
 * adapter's threads. They look the global up anew for each poll, and only inside their own calls, so replacing it for
 * just the time of those calls slows their polls and nobody else's: everyone else always sees Node's own setImmediate.
 */
import { performance } from "node:perf_hooks";
// From the module, not the global: fake timers in a test must not stop the device.
import { clearTimeout, setImmediate, setTimeout } from "node:timers";

/** Work begun less than this ago, in milliseconds, is polled without sleep: on a GPU it is often done by then. */
const EAGER_MS = 1;
/** Milliseconds between later polls: the least that Node's timers can sleep. */
const SLEEP_MS = 1;

/** The calls of the bindings that may start a poll: those that answer with a promise. */
const ASYNC_METHODS: Readonly<Record<string, readonly string[]>> = {
  GPU: ["requestAdapter"],
  GPUAdapter: ["requestDevice"],
  GPUDevice: ["createComputePipelineAsync", "createRenderPipelineAsync", "popErrorScope"],
  GPUQueue: ["onSubmittedWorkDone"],
  GPUBuffer: ["mapAsync"],
  GPUShaderModule: ["getCompilationInfo"],
};

type Callback = (...args: unknown[]) => unknown;

const patched = new WeakSet<object>();
const sleepers = new Map<Callback, NodeJS.Timeout>();
let begun = 0;

/**
 * Makes the bindings sleep between polls. Safe to call again.
 * @param globals the classes that the package `webgpu` exports
 */
export function sleepBetweenPolls(globals: object): void {
  const classes = globals as Readonly<Record<string, { prototype?: Record<string, Callback> }>>;
  for (const [type, methods] of Object.entries(ASYNC_METHODS)) {
    const prototype = classes[type]?.prototype;
    if (!prototype || patched.has(prototype)) continue;
    patched.add(prototype);
    for (const method of methods) {
      const original = prototype[method];
      if (original) prototype[method] = eager(method, original);
    }
  }
}

/** The same call, whose polls begin without sleep. */
function eager(name: string, original: Callback): Callback {
  function call(this: unknown, ...args: unknown[]): unknown {
    begun = performance.now();
    for (const poll of sleepers.keys()) wake(poll);
    return withSchedule(() => original.apply(this, args));
  }
  return Object.defineProperty(call, "name", { value: name, configurable: true });
}

/** Runs a call into the bindings with our `schedule` in the place where they look for setImmediate. */
function withSchedule<T>(call: () => T): T {
  const before = globalThis.setImmediate;
  globalThis.setImmediate = schedule as typeof setImmediate;
  try {
    return call();
  } finally {
    globalThis.setImmediate = before;
  }
}

function schedule(callback: Callback, ...args: unknown[]): unknown {
  // A handler of "uncapturederror" runs inside the bindings' poll, and may use setImmediate for itself.
  if (args.length > 0 || !isPoll(callback)) return setImmediate(callback, ...args);
  if (performance.now() - begun < EAGER_MS) return setImmediate(poll, callback);
  sleepers.set(callback, setTimeout(poll, SLEEP_MS, callback));
  return undefined;
}

function poll(callback: Callback): void {
  sleepers.delete(callback);
  withSchedule(callback);
}

function wake(callback: Callback): void {
  clearTimeout(sleepers.get(callback));
  sleepers.delete(callback);
  setImmediate(poll, callback);
}

/** Whether it is a function of a native library, as the bindings' poll is; a bound one has a name, a promise's a length. */
function isPoll(callback: Callback): boolean {
  const { name, length } = callback;
  return name === "" && length === 0 && Function.prototype.toString.call(callback) === "function () { [native code] }";
}
