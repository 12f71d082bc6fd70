/** A share of 1 as per cent, to the hundredth: 10,000 test samples give no more. */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** How well samples are told: of classes the accuracy, of values R2 and, of one, the error in its unit. */
export interface Quality {
  readonly accuracy?: number | undefined;
  readonly rmse?: number | undefined;
  readonly r2?: number | undefined;
}

const WRITTEN = {
  accuracy: percent,
  r2: (value: number) => value.toFixed(4),
  rmse: (value: number) => `${Number(value.toPrecision(4))}`,
} as const;

const NAMES = { accuracy: "accuracy", r2: "R2", rmse: "RMSE" } as const;
const KINDS = ["accuracy", "r2", "rmse"] as const;

/** Figures in words: `test accuracy 97.89 %`; `R2 0.7312`, `RMSE 2.651`. With deviations `0.7312 ± 0.0021`. */
export function qualityTexts(quality: Quality, set = "", deviation: Quality = {}): string[] {
  return KINDS.flatMap((kind) => {
    const [value, spread] = [quality[kind], deviation[kind]];
    if (value === undefined) return [];
    const write = WRITTEN[kind];
    return [`${set}${NAMES[kind]} ${write(value)}${spread === undefined ? "" : ` ± ${write(spread)}`}`];
  });
}

type Named<Set extends string> = { readonly [name in `${Set}_${keyof Quality}`]?: number | undefined };

/** The figures of an event, or of a model, on the test set. */
export const onTest = ({ test_accuracy, test_rmse, test_r2 }: Named<"test">): Quality => {
  return { accuracy: test_accuracy, rmse: test_rmse, r2: test_r2 };
};

/** On the validation samples. */
export const onValidation = ({ val_accuracy, val_rmse, val_r2 }: Named<"val">): Quality => {
  return { accuracy: val_accuracy, rmse: val_rmse, r2: val_r2 };
};

/** The mean of members' figures, of each that all have. */
export function meanQuality(members: readonly Quality[]): Quality {
  const means = KINDS.flatMap((kind) => {
    const values = members.flatMap((own) => own[kind] ?? []);
    return values.length < members.length ? [] : [[kind, values.reduce((sum, one) => sum + one, 0) / values.length]];
  });
  return Object.fromEntries(means) as Quality;
}
