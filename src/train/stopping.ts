import type { EvalEvent, ModelResult } from "../io/runLog.ts";
import { observeEpoch, STOPPING_START, type StoppingState } from "./earlyStopping.ts";
import type { Session } from "./session.ts";

/** The early stopping of a run's members, and the best weights of each. */
export interface Stopping {
  /** What a checkpoint keeps of it; undefined where the plan keeps no best weights. */
  position(): { readonly stopping: readonly StoppingState[]; readonly restored: boolean } | undefined;
  /** Members that have stopped. */
  stopped(): readonly number[];
  hasStopped(model: number): boolean;
  haveAllStopped(): boolean;
  /** After the evaluation of a whole epoch: keeps weights that are the best so far, switches members off that stop. */
  observe(evaluations: readonly EvalEvent[]): void;
  /** At the run's end: with early stopping, the best weights are what it came to. Tells whether there are such. */
  end(): boolean;
  /**
   * How members ended: at their last evaluation, or at the best one.
   * @param last of each member, as far as this run has evaluated it
   */
  results(last: readonly (EvalEvent | undefined)[]): ModelResult[];
}

/** What of an evaluation is a result. */
function resultsOf(event: EvalEvent): Omit<ModelResult, "seed"> {
  const { event: _, epoch: __, step: ___, model: ____, stopped: _____, ...figures } = event;
  return figures;
}

/** @param resumed the states of the run that goes on */
export function createStopping(session: Session, resumed?: readonly StoppingState[]): Stopping {
  const { best: keepsBest, members, recipe } = session.plan;
  const states = members.map((_, model) => resumed?.[model] ?? STOPPING_START);
  let restored = false;
  const isStopped = ({ stopped }: StoppingState) => stopped;
  states.forEach((state, model) => {
    session.enabled[model] = !isStopped(state);
  });
  const resultOf = (model: number, seed: number, last: EvalEvent | undefined): ModelResult[] => {
    const { best, stopped, epochs } = states[model] ?? STOPPING_START;
    const event = restored ? (best ?? last) : (last ?? best);
    if (!event) return [];
    return [
      {
        ...{ seed, ...resultsOf(event as EvalEvent) },
        ...(restored && best && { best_epoch: best.epoch }),
        ...(stopped && { stopped_epoch: epochs }),
      },
    ];
  };
  return {
    position: () => keepsBest && { stopping: states.slice(), restored },
    stopped: () => states.flatMap((state, model) => (isStopped(state) ? [model] : [])),
    hasStopped: (model) => states[model]?.stopped ?? false,
    haveAllStopped: () => states.every(isStopped),
    observe(evaluations) {
      if (!keepsBest) return;
      const improved: number[] = [];
      for (const evaluation of evaluations) {
        const { model } = evaluation;
        const after = observeEpoch(recipe.early_stopping, states[model] ?? STOPPING_START, evaluation);
        states[model] = after.state;
        if (after.improved) improved.push(model);
        session.enabled[model] = !after.state.stopped;
      }
      session.keepBest(improved);
    },
    end() {
      restored = recipe.early_stopping !== undefined && states.some(({ best }) => best);
      return restored;
    },
    results: (last) => members.flatMap(({ seed }, model) => resultOf(model, seed, last[model])),
  };
}
