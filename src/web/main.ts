import "./strict.ts";
import { keepOffline } from "./browser.ts";
import { startWorker } from "./client.ts";
import { PRESETS } from "./presets.ts";
import type { Sample } from "./protocol.ts";
import { createState } from "./state.ts";
import { decodeSetting, encodeSetting } from "./url.ts";
import { offer, showActions } from "./views/actions.ts";
import { showCharts } from "./views/charts.ts";
import { byId } from "./views/dom.ts";
import { showDrawing } from "./views/draw.ts";
import { showInspection } from "./views/inspect.ts";
import { showNotices } from "./views/notices.ts";
import { showRuns } from "./views/runs.ts";
import { showSettings } from "./views/settings.ts";
import { showToolbar } from "./views/toolbar.ts";

let putDigit = (_: Sample) => {};
const state = createState({ send: (request) => send(request), file: offer, digit: (sample) => putDigit(sample) });
const send = startWorker(
  (report) => state.receive(report),
  (text) => state.tell({ kind: "error", text }),
);

showNotices(byId("notice"), byId("adapter"), byId("progress"), state);
showActions(byId("actions"), state);
showToolbar(byId("toolbar"), state);
showRuns(byId("runs"), state);
showSettings(byId("settings"), state);
showCharts(byId("charts"), state);
putDigit = showDrawing(byId("draw"), state);
showInspection(byId("inspect"), state);

/** The address says all settings, and settings follow the address. */
function follow(): void {
  try {
    const setting = decodeSetting(location.hash);
    state.replace(setting?.runs ?? PRESETS[0]?.runs ?? []);
    if (setting) state.draws(setting.axis, setting.smoothing);
  } catch (error) {
    state.replace(PRESETS[0]?.runs ?? []);
    state.tell({ kind: "error", text: `This link cannot be read: ${(error as Error).message}` });
  }
}

let written = location.hash;
state.on("setting", () => {
  const runs = state.runs.map(({ recipe }) => recipe);
  written = runs.length > 0 ? `#${encodeSetting({ runs, axis: state.axis, smoothing: state.smoothing })}` : "#";
  history.replaceState(null, "", written);
});
follow();
addEventListener("hashchange", () => {
  if (location.hash !== written) follow();
});
document.addEventListener("keydown", (event) => {
  const isTyping = (event.target as HTMLElement).closest("input, select, textarea, button, summary, a, [tabindex='0']");
  if (event.key !== " " || isTyping) return;
  event.preventDefault();
  if (state.isPlaying) state.pause();
  else if (state.device.state === "ready") state.play();
});
state.open("auto", document.baseURI);
void keepOffline();
