/** Something that every contender tries: a workload and a target. */
export interface Problem {
  readonly label: string;
  /** What it took each contender, in any unit; infinite where it did not come there. */
  readonly costs: Readonly<Record<string, number>>;
}

/** A contender's share of problems that it solves within a factor of the best cost of each. */
export interface ProfileLine {
  readonly contender: string;
  /** Steps of the share: from each tau on, the share. The first tau is 1. */
  readonly points: readonly (readonly [tau: number, share: number])[];
  /** The mean share over tau from 1 to the largest: 1 is best on all problems. */
  readonly score: number;
}

/** Performance profiles of contenders. */
export interface Profile {
  readonly tau: number;
  /** Problems that count, and those that nobody solved, which tell nobody apart. */
  readonly problems: readonly string[];
  readonly unsolved: readonly string[];
  readonly lines: readonly ProfileLine[];
}

/** The largest factor that counts. Source: Dahl et al. 2023, "Benchmarking Neural Network Training Algorithms" */
export const PROFILE_TAU = 4;

/**
 * Performance profiles: rho(tau) is the share of problems where a contender's cost is at most tau times the least cost.
 * Source: Dolan and Moré 2002, "Benchmarking optimization software with performance profiles"
 */
export function performanceProfile(
  problems: readonly Problem[],
  contenders: readonly string[],
  tau = PROFILE_TAU,
): Profile {
  const least = ({ costs }: Problem) =>
    Math.min(...contenders.map((contender) => costs[contender] ?? Number.POSITIVE_INFINITY));
  const solved = problems.filter((problem) => Number.isFinite(least(problem)));
  const lines = contenders.map((contender): ProfileLine => {
    const ratios = solved
      .map((problem) => (problem.costs[contender] ?? Number.POSITIVE_INFINITY) / least(problem))
      // 0 / 0: both are there at once.
      .map((ratio) => (Number.isNaN(ratio) ? 1 : ratio))
      .filter((ratio) => ratio <= tau)
      .sort((a, b) => a - b);
    const shareAt = (at: number) => ratios.filter((ratio) => ratio <= at).length / Math.max(1, solved.length);
    const points = [...new Set([1, ...ratios])].map((at) => [at, shareAt(at)] as const);
    const area = points.reduce((sum, [at, share], i) => sum + share * ((points[i + 1]?.[0] ?? tau) - at), 0);
    return { contender, points, score: area / (tau - 1) };
  });
  const isSolved = new Set(solved);
  return {
    tau,
    problems: solved.map(({ label }) => label),
    unsolved: problems.filter((problem) => !isSolved.has(problem)).map(({ label }) => label),
    lines,
  };
}
