import type { State } from "../model.ts";
import { lookOf } from "../palette.ts";
import { h, throttled } from "./dom.ts";

/** What happened, which adapter trains, and progress for those who listen. */
export function showNotices(root: HTMLElement, adapter: HTMLElement, progress: HTMLElement, state: State): void {
  state.on("notice", () => {
    const { notice } = state;
    if (!notice) return root.replaceChildren();
    const close = h(
      "button",
      { type: "button", className: "small", attrs: { "aria-label": "Close this message" } },
      "Close",
    );
    close.addEventListener("click", () => state.tell(undefined));
    root.replaceChildren(h("div", { className: `notice ${notice.kind}` }, h("p", {}, notice.text), close));
  });
  state.on("device", () => {
    const { device } = state;
    adapter.className = `adapter ${device.state}`;
    adapter.replaceChildren(...adapterText(state));
    if (device.state === "unavailable") root.replaceChildren(unavailable(device.message ?? "", state));
  });
  // A sentence now and then: each step would be too much to listen to.
  const speak = throttled(() => {
    const told = state.runs.flatMap(({ place, history, stepsPerEpoch }) => {
      const last = history.evaluations.at(-1);
      const accuracy = last && Math.max(...last.accuracies);
      if (accuracy === undefined) return [];
      const epoch = (history.step / stepsPerEpoch).toFixed(1);
      return [`run ${lookOf(place).letter} epoch ${epoch}, ${(100 * accuracy).toFixed(1)} percent`];
    });
    if (told.length > 0) progress.textContent = told.join("; ");
  }, 8000);
  state.on("curves", speak);
  state.on("playing", () => {
    progress.textContent = state.isPlaying ? "training" : "training is paused or over";
  });
}

function adapterText({ device }: State): Node[] {
  switch (device.state) {
    case "opening":
      return [h("span", {}, "Looking for a GPU, loading MNIST…")];
    case "lost":
      return [h("span", {}, "Opening the GPU again…")];
    case "unavailable":
      return [h("span", {}, "No WebGPU")];
    case "ready":
      return [
        h("span", {}, device.name),
        h(
          "span",
          { className: "kind", title: device.message ?? "" },
          device.kind === "software" ? "on the CPU" : "GPU",
        ),
      ];
  }
}

/** Why nothing can be trained here, and what to do. */
function unavailable(message: string, state: State): HTMLElement {
  const again = h("button", { type: "button" }, "Try again");
  again.addEventListener("click", () => {
    state.tell(undefined);
    state.open("auto", document.baseURI);
  });
  return h(
    "div",
    { className: "notice error" },
    h("p", {}, h("strong", {}, "This page cannot train here. "), message),
    h(
      "p",
      {},
      "Settings can be changed and shared, and run logs be looked at. Training needs a browser with WebGPU, such as a current Chrome, Edge, Safari or Firefox, with hardware acceleration on.",
    ),
    again,
  );
}
