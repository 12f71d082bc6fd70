/** Prints, as JSON, what requestAdapter answers to the choice in the first argument. */
import { requestAdapter } from "#platform";

try {
  const { entry, note } = await requestAdapter(process.argv[2]);
  console.log(JSON.stringify({ name: entry.name, kind: entry.kind, bundled: entry.bundled, note }));
} catch (error) {
  const { name, message } = error as Error;
  console.log(JSON.stringify({ error: name, message }));
}
