import { type Report, type Request, reportSchema } from "./protocol.ts";

/** Starts the worker. What it says is checked before the page sees it. */
export function startWorker(receive: (report: Report) => void, fail: (message: string) => void) {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "training" });
  worker.onmessage = ({ data }: MessageEvent<unknown>) => {
    const report = reportSchema.safeParse(data);
    if (report.success) receive(report.data);
    else fail(`The worker sent what is no report: ${report.error.issues[0]?.message}`);
  };
  worker.onerror = (event) => fail(`The training worker failed: ${event.message || "it could not be started"}`);
  return (request: Request) => worker.postMessage(request);
}
