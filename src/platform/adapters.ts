/** The choice of an adapter in Node. */
import { type Listed, listNames, openAdapter } from "./dawn.ts";
import { type AdapterEntry, type AdapterOptions, type ChosenAdapter, chooseAdapter, noAdapter } from "./types.ts";
import { bundledDriverProblem, loadVulkan, prepareBundledDriver } from "./vulkan.ts";

const FASTER = "the system's mesa-vulkan-drivers, version 24 or newer, are 3 to 4 times faster";

/** Every adapter of this machine, in the order in which `auto` prefers them within a kind. Never rejects for want of one. */
export async function listAdapters(): Promise<AdapterEntry[]> {
  const system = await systemNames();
  const entries: AdapterEntry[] = [];
  for (const listed of [...system, ...(await bundledNames(system))]) {
    const opened = await openAdapter(listed);
    if (opened) entries.push(opened.entry);
  }
  return entries;
}

/**
 * An adapter that no device was opened on yet.
 * @param choice `auto` takes hardware, else a software adapter of the system, else the bundled one; `hardware` and
 * `software` take the first of that kind; anything else is a part of a name, in any case
 * @throws AdapterError where none fits, with the list of those there are and what to do
 */
export async function requestAdapter(choice = "auto", options: AdapterOptions = {}): Promise<ChosenAdapter> {
  const system = await systemNames();
  // The bundled driver is unpacked only where the system has nothing that fits.
  const chosen =
    (await openFirst(system, choice, options)) ?? (await openFirst(await bundledNames(system), choice, options));
  if (!chosen) throw noAdapter(choice, await listAdapters(), advice());
  const { entry } = chosen;
  if (entry.kind === "hardware" || (choice !== "auto" && choice !== "software")) return chosen;
  const found = choice === "auto" ? "no GPU was found: running on the CPU with" : "running on the CPU with";
  return { ...chosen, note: `${found} ${entry.name}${entry.bundled ? `; ${FASTER}` : ""}` };
}

/** Opens the listed adapters that may fit, no more of them than it takes to know the best. */
async function openFirst(names: readonly Listed[], choice: string, options: AdapterOptions) {
  const opened: ChosenAdapter[] = [];
  const byKind = choice === "auto" || choice === "hardware" || choice === "software";
  for (const listed of names) {
    if (!byKind && !listed.name.toLowerCase().includes(choice.toLowerCase())) continue;
    const found = await openAdapter(listed, options);
    if (!found) continue;
    opened.push(found);
    if (!byKind || found.entry.kind === (choice === "software" ? "software" : "hardware")) break;
  }
  const best = chooseAdapter(
    opened.map(({ entry }) => entry),
    choice,
  );
  return opened.find(({ entry }) => entry === best);
}

/** What the system itself offers. Without its own Vulkan loader, the bundled one looks for the system's drivers. */
async function systemNames(): Promise<Listed[]> {
  return (await loadVulkan()) ? listNames() : [];
}

/** What the bundled driver adds to that. */
async function bundledNames(system: readonly Listed[]): Promise<Listed[]> {
  if (bundledDriverProblem() !== undefined) return [];
  const all = await listNames(await prepareBundledDriver());
  return all.filter(({ name }) => !system.some((listed) => listed.name === name));
}

function advice(): string {
  const problem = bundledDriverProblem();
  const driver =
    process.platform === "linux"
      ? "For a GPU install its Vulkan driver; for the CPU the system's mesa-vulkan-drivers, version 24 or newer."
      : "Update the driver of the graphics card.";
  return problem ? `${driver} The bundled software adapter cannot be used: ${problem}` : driver;
}
