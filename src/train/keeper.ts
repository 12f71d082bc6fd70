import type { Safetensors } from "../io/safetensors.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import type { Position } from "./checkpointPosition.ts";
import { createGrace } from "./grace.ts";
import type { Session } from "./session.ts";
import type { Wait } from "./submits.ts";

/** How long an aborted run waits for the device before it drops a step. */
const GRACE_MILLISECONDS = 300;
/** Seconds a step from which on the state is read back between steps, so that dropping one loses little. */
const SLOW_STEP = 0.25;
/** Reading back takes at most one part in so many of the time. */
const KEEPING_SHARE = 20;

/**
 * Keeps a run's checkpoints, and ends it where it is aborted. While steps take long, it has the state of a moment ago on
 * the host: an abort then drops the step that the device is at and still ends at once with a checkpoint.
 */
export interface Keeper {
  /** Waits for the device, but no longer than an aborted run has patience for where a checkpoint is at hand. */
  readonly wait: Wait;
  /** Whether steps are so long that each is submitted by itself; so taken until one has shown otherwise. */
  readonly stepsAreSlow: boolean;
  /** Reads the state back and hands it to `onCheckpoint`. Nothing may be in flight. */
  checkpoint(): Promise<void>;
  /** Tells it that steps are done, how long each took, and lets it read the state back where that is worth it. */
  stepped(secondsPerStep: number): Promise<void>;
  /** Where the run is aborted: hands its last state to `onCheckpoint` and throws the signal's reason. */
  endIfAborted(): Promise<void>;
  dispose(): void;
}

/** @param position where the run is now */
export async function createKeeper(
  session: Session,
  position: () => Position,
  signal?: AbortSignal,
  onCheckpoint?: (checkpoint: Safetensors) => void | Promise<void>,
): Promise<Keeper> {
  const grace = createGrace(signal, GRACE_MILLISECONDS);
  const save = () => saveCheckpoint(session, position());
  /** The last state that was read back, where it is recent enough to stand for the run. */
  let kept: { readonly checkpoint: Safetensors; readonly cost: number; readonly at: number } | undefined;
  let stepsAreSlow = true;

  const keep = async () => {
    const begun = performance.now();
    const checkpoint = await save();
    kept = { checkpoint, cost: performance.now() - begun, at: performance.now() };
    return checkpoint;
  };
  const wait: Wait = (work) => (kept || !onCheckpoint ? grace.wait(work) : work);

  if (onCheckpoint) await keep();
  return {
    wait,
    get stepsAreSlow() {
      return stepsAreSlow;
    },
    async checkpoint() {
      await onCheckpoint?.(stepsAreSlow ? await keep() : await save());
    },
    async stepped(secondsPerStep) {
      stepsAreSlow = secondsPerStep > SLOW_STEP;
      if (!stepsAreSlow) kept = undefined;
      else if (onCheckpoint && (!kept || performance.now() - kept.at > KEEPING_SHARE * kept.cost)) await keep();
    },
    async endIfAborted() {
      if (!signal?.aborted) return;
      if (onCheckpoint) await onCheckpoint((await wait(save())) ?? (kept?.checkpoint as Safetensors));
      throw signal.reason;
    },
    dispose: () => grace.dispose(),
  };
}
