import { asDigit, DIGIT_SIZE } from "../digit.ts";
import type { PageRun, State } from "../model.ts";
import { lookOf, varsOf } from "../palette.ts";
import type { Sample } from "../protocol.ts";
import { h, throttled } from "./dom.ts";
import { greyImage } from "./pixels.ts";

/** Side of the canvas in pixels, and the width of a stroke. */
const SIDE = 280;
const STROKE = 20;

/** A canvas to draw a digit on, and what each run takes it for. Gives what puts a digit of the test set there. */
export function showDrawing(root: HTMLElement, state: State): (sample: Sample) => void {
  const canvas = h("canvas", {
    width: SIDE,
    height: SIDE,
    className: "paper",
    id: "paper",
    attrs: { role: "img", "aria-label": "Draw a digit here with mouse or finger", tabindex: "0" },
  });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const seen = h("div", { className: "seen" });
  const results = h("ul", {
    className: "guesses",
    attrs: { "aria-live": "polite", "aria-label": "What the runs take it for" },
  });
  const clear = h("button", { type: "button", id: "clear-drawing" }, "Clear");
  const pick = h("button", { type: "button", id: "test-digit" }, "A test digit");
  let isDown = false;
  let truth: number | undefined;

  const wipe = () => {
    if (!context) return;
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIDE, SIDE);
    context.strokeStyle = "#fff";
    context.fillStyle = "#fff";
    context.lineWidth = STROKE;
    context.lineCap = "round";
    context.lineJoin = "round";
  };
  const digit = () => {
    const pixels = context?.getImageData(0, 0, SIDE, SIDE).data ?? new Uint8ClampedArray(4 * SIDE * SIDE);
    const greys = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => pixels[4 * i] ?? 0);
    return asDigit({ width: SIDE, height: SIDE, greys });
  };
  const show = (image: Uint8Array<ArrayBuffer> | undefined) => {
    seen.replaceChildren(
      ...(image ? [greyImage(image, DIGIT_SIZE, DIGIT_SIZE, "the digit as the network sees it, 28 by 28 pixels")] : []),
    );
    state.draw(image);
  };
  const send = throttled(() => show(digit()), 150);
  const at = (event: PointerEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!context || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    isDown = true;
    truth = undefined;
    const [x, y] = at(event);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + 0.01, y);
    context.stroke();
    send();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!isDown || !context) return;
    // Fast strokes come as one event with many places.
    const places = event.getCoalescedEvents?.() ?? [];
    for (const place of places.length > 0 ? places : [event]) context.lineTo(...at(place));
    context.stroke();
    send();
  });
  const up = () => {
    isDown = false;
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  clear.addEventListener("click", () => {
    wipe();
    truth = undefined;
    show(undefined);
  });
  pick.addEventListener("click", () => state.askDigit());

  root.append(
    h("h2", { id: "draw-title" }, "Draw a digit"),
    h(
      "div",
      { className: "draw-body" },
      h("div", { className: "paper-box" }, canvas, h("div", { className: "buttons" }, clear, pick)),
      h(
        "div",
        { className: "guess-box" },
        h(
          "div",
          { className: "seen-box" },
          seen,
          h(
            "p",
            { className: "help" },
            "centred and scaled as MNIST's digits are; every run says at once what it takes it for",
          ),
        ),
        results,
      ),
    ),
  );
  const update = () => {
    const told = state.runs.filter(({ probabilities, hidden }) => probabilities && !hidden);
    results.replaceChildren(...told.map((run) => guessOf(run, truth)));
  };
  state.on("drawing", update);
  state.on("runs", update);
  wipe();
  return ({ greys, label }) => {
    const small = greyImage(greys, DIGIT_SIZE, DIGIT_SIZE, "");
    wipe();
    truth = label;
    if (context) {
      context.imageSmoothingEnabled = false;
      context.drawImage(small, 0, 0, SIDE, SIDE);
    }
    show(greys as Uint8Array<ArrayBuffer>);
  };
}

/** A run's probabilities as bars; of a population the mean over its members. */
function guessOf(run: PageRun, truth: number | undefined): HTMLElement {
  const look = lookOf(run.place);
  const { letter } = look;
  const all = run.probabilities ?? new Float32Array(10);
  const members = all.length / 10;
  const means = Array.from({ length: 10 }, (_, k) => {
    let sum = 0;
    for (let m = 0; m < members; m++) sum += all[10 * m + k] ?? 0;
    return sum / members;
  });
  const best = means.indexOf(Math.max(...means));
  const said = `run ${letter}: ${best}, ${(100 * (means[best] ?? 0)).toFixed(0)} %${truth === undefined ? "" : `; it is ${truth}`}`;
  return h(
    "li",
    { className: "guess", vars: varsOf(look) },
    h("span", { className: "swatch", attrs: { "aria-hidden": "true" } }, letter),
    h("span", { className: "unseen" }, said),
    h("b", { className: "guessed", attrs: { "aria-hidden": "true" } }, best < 0 ? "?" : String(best)),
    h(
      "span",
      { className: "bars", attrs: { "aria-hidden": "true" } },
      means.map((share, k) =>
        h(
          "span",
          { className: `bar-cell${k === best ? " best" : ""}${k === truth ? " truth" : ""}` },
          h("span", { className: "share", vars: { "--share": share.toFixed(4) } }),
          h("span", { className: "bar-name" }, k),
        ),
      ),
    ),
    h("span", { className: "sure", attrs: { "aria-hidden": "true" } }, `${(100 * (means[best] ?? 0)).toFixed(0)} %`),
  );
}
