/**
 * Six colours that people with any kind of colour vision tell apart. Source: Okabe and Ito 2008, Color Universal Design. Each
 * run also has a letter and a pattern of dashes, so that nothing hangs on colour alone.
 */
export interface Look {
  readonly letter: string;
  readonly colour: string;
  /** For the letter on that colour. */
  readonly ink: string;
  /** Pixels drawn and left out; a whole line has none. */
  readonly dash: readonly number[];
}

export const LOOKS: readonly Look[] = [
  { letter: "A", colour: "#0072b2", ink: "#ffffff", dash: [] },
  { letter: "B", colour: "#d55e00", ink: "#000000", dash: [] },
  { letter: "C", colour: "#009e73", ink: "#000000", dash: [10, 3] },
  { letter: "D", colour: "#cc79a7", ink: "#000000", dash: [10, 3] },
  { letter: "E", colour: "#56b4e9", ink: "#000000", dash: [4, 3] },
  { letter: "F", colour: "#e69f00", ink: "#000000", dash: [4, 3] },
];

export const MOST_RUNS = LOOKS.length;

/** The custom properties of CSS that give an element a run's colour. */
export const varsOf = ({ colour, ink }: Look) => ({ "--run": colour, "--run-ink": ink });

/** The look of a place; places are 0 to MOST_RUNS - 1. */
export const lookOf = (place: number): Look => LOOKS[place % MOST_RUNS] as Look;
