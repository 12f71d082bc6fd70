/** What the page takes of the browser beside its document. Training takes its device through the platform. */
const { navigator: browser } = globalThis.window;

/** Puts a text where a person can paste it from. Rejects where the browser does not allow it. */
export const copyText = (text: string): Promise<void> => browser.clipboard.writeText(text);

/** Keeps the built page's files, so that it opens without a network. Where that is not possible it is left. */
export async function keepOffline(): Promise<void> {
  if (import.meta.env.DEV || !("serviceWorker" in browser)) return;
  await browser.serviceWorker.register("./offline.js").catch(() => undefined);
}
