/** One adapter that this machine or browser offers. */
export interface AdapterEntry {
  /** The driver's name for it, such as "NVIDIA GeForce RTX 4090" or "SwiftShader Device (Subzero)". */
  readonly name: string;
  /** As WebGPU spells it, such as "nvidia"; "" where the browser hides it. */
  readonly vendor: string;
  readonly architecture: string;
  /** "software" runs on the CPU. */
  readonly kind: "hardware" | "software";
  /** The driver and its version in the driver's words; "" where the browser hides it. */
  readonly driver: string;
  /** "vulkan", "metal", "d3d12", ...; "webgpu" in a browser, which does not tell. */
  readonly backend: string;
  /** Whether it is the software adapter of the npm package rather than one of the system. */
  readonly bundled: boolean;
  /** Names of WebGPU's optional features, sorted. */
  readonly features: readonly string[];
  /** WebGPU's limits by their names. */
  readonly limits: Readonly<Record<string, number>>;
}

/** An adapter ready to open a device on. */
export interface ChosenAdapter {
  readonly adapter: GPUAdapter;
  readonly entry: AdapterEntry;
  /** A sentence for a person where the choice fell back to something slow. */
  readonly note?: string;
}

/** What only some platforms can pass to their driver. */
export interface AdapterOptions {
  /** Dawn's toggles to switch on, such as "disable_robustness"; a browser ignores them. */
  readonly toggles?: readonly string[];
}

/** Appends lines to a file. */
export interface LineWriter {
  /** Writes one line at once, so that a killed run keeps it. The text holds no line break. */
  write(line: string): void;
  close(): void;
}

/** Small texts that outlive the process. Where they cannot be kept, they last as long as it. */
export interface TextCache {
  /** The text last written under a name; undefined where there is none. Never rejects. */
  read(name: string): Promise<string | undefined>;
  /**
   * Replaces a text by what `change` makes of it, as one step: two processes at once come one after the other. `change` is
   * called once in any case. Never rejects but for what `change` throws.
   */
  update(name: string, change: (old: string | undefined) => string): Promise<void>;
}

/** A record of a CSV text. */
export interface CsvRecord {
  /** Its cells. */
  readonly record: readonly string[];
  /** The line that it ends on, from 1, and the empty ones so far. */
  readonly info: { readonly lines: number; readonly empty_lines: number };
}

/** How the parser takes a CSV text: quoted cells, any line ends, spaces around cells and empty lines left out. */
export const CSV_OPTIONS = { info: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;

/** No adapter fits the choice, or there is none at all. The message says what there is and what to do. */
export class AdapterError extends Error {
  override readonly name = "AdapterError";
}

/** Something that this platform lacks: an optional package, a file, or files at all in a browser. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
}

/**
 * The adapter that a choice takes, from entries in order of preference: the platform lists hardware by performance.
 * @param choice `auto` (hardware, else software of the system, else the bundled one), `hardware`, `software`, or a part
 * of the name in any case
 */
export function chooseAdapter(entries: readonly AdapterEntry[], choice: string): AdapterEntry | undefined {
  const ranked = entries.toSorted((a, b) => rank(a) - rank(b));
  if (choice === "auto") return ranked[0];
  if (choice === "hardware" || choice === "software") return ranked.find((entry) => entry.kind === choice);
  return ranked.find((entry) => entry.name.toLowerCase().includes(choice.toLowerCase()));
}

function rank(entry: AdapterEntry): number {
  if (entry.kind === "hardware") return 0;
  return entry.bundled ? 2 : 1;
}

/** Says that no adapter fits the choice, which there are, and `advice`: what to do, as sentences. */
export function noAdapter(choice: string, entries: readonly AdapterEntry[], advice: string): AdapterError {
  if (entries.length === 0) return new AdapterError(`no WebGPU adapter was found. ${advice}`);
  const wanted =
    choice === "hardware"
      ? "no hardware GPU was found"
      : choice === "software"
        ? "no software adapter was found"
        : `no adapter has "${choice}" in its name`;
  const list = entries.map((entry) => `"${entry.name}" (${entry.kind}${entry.bundled ? ", bundled" : ""})`).join(", ");
  return new AdapterError(
    `${wanted}. There is ${list}. Choose auto, hardware, software, or a part of a name. ${advice}`,
  );
}

/** The plain numbers of an adapter's or a device's limits. */
export function limitsOf(supported: GPUSupportedLimits): Record<string, number> {
  const limits: Record<string, number> = {};
  // The limits are getters of the prototype, so neither a spread nor Object.entries sees them.
  for (const name of Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(supported)))) {
    const value: unknown = supported[name as keyof GPUSupportedLimits];
    if (typeof value === "number") limits[name] = value;
  }
  return limits;
}
