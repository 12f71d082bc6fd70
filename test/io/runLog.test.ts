import { describe, expect, it } from "vitest";
import {
  type DoneEvent,
  type EvalEvent,
  jsonLine,
  parseLog,
  parseRunLog,
  type RunEvent,
  type TuneEvent,
} from "../../src/io/runLog.ts";

const line = (event: RunEvent) => `${jsonLine(event)}\n`;

const EVENTS: RunEvent[] = [
  { event: "start", recipe: { optimizer: "adam", seed: 0 }, adapter: { name: "swiftshader", kind: "software" } },
  { event: "step", step: 1, model: 0, loss: 2.3125, lr: 1e-3 },
  { event: "step", step: 2, model: 1, loss: Number.NaN, lr: 1e-3 },
  { event: "step", step: 3, model: 1, loss: Number.POSITIVE_INFINITY, lr: 1e-3 },
  { event: "eval", epoch: 1, step: 600, model: 0, train_loss: -Infinity, test_loss: 0.1, test_accuracy: 0.97 },
  {
    event: "done",
    steps: 600,
    seconds: { total: 3, train: 2, compile: 0.5 },
    models: [{ seed: 4294967295, train_loss: 0.1, test_loss: Number.NaN, test_accuracy: 0.98 }],
  },
];

describe("the run log", () => {
  it("comes back as it was, also where a loss is NaN", () => {
    const text = EVENTS.map(line).join("");
    expect(text.split("\n").length).toBe(EVENTS.length + 1);
    expect(parseRunLog(text, "log")).toEqual(EVENTS);
  });

  it("has the figures of validation samples, stops and an ensemble where there are any", () => {
    const [, , , , evaluation, done] = EVENTS as [RunEvent, RunEvent, RunEvent, RunEvent, EvalEvent, DoneEvent];
    const val = { val_loss: Number.NaN, val_accuracy: 0.5 };
    const events: RunEvent[] = [
      { ...evaluation, ...val, stopped: true },
      {
        ...done,
        models: done.models.map((model) => ({ ...model, ...val, best_epoch: 2, stopped_epoch: 5 })),
        ensemble: { method: "mean", accuracy: 0.99, loss: Number.POSITIVE_INFINITY },
      },
    ];
    expect(parseRunLog(events.map(line).join(""), "log")).toEqual(events);
    const wrong = line({ ...evaluation, val_loss: "low" as unknown as number });
    expect(() => parseRunLog(wrong, "log")).toThrow('log:1: "val_loss" is no number');
  });

  it("is JSON, and spells what JSON lacks as strings", () => {
    const lines = EVENTS.map(line);
    expect(lines[1]).toBe('{"event":"step","step":1,"model":0,"loss":2.3125,"lr":0.001}\n');
    expect(lines[2]).toContain('"loss":"NaN"');
    expect(lines[3]).toContain('"loss":"Infinity"');
    expect(lines[4]).toContain('"train_loss":"-Infinity"');
    expect(JSON.parse(lines[5] as string).models[0].test_loss).toBe("NaN");
    expect(jsonLine({ models: [{ train_loss: Number.NaN }] })).toBe('{"models":[{"train_loss":"NaN"}]}');
  });

  it("leaves the recipe's own strings alone", () => {
    const start: RunEvent = { event: "start", recipe: { name: "NaN" }, adapter: {} };
    expect(parseRunLog(line(start), "log")).toEqual([start]);
  });

  it("keeps fields it does not know, and skips empty lines and a last line that was cut", () => {
    const text = '{"event":"start","recipe":{},"adapter":{},"new":1}\n\r\n{"event":"st';
    expect(parseRunLog(text, "log")).toEqual([{ event: "start", recipe: {}, adapter: {}, new: 1 }]);
  });

  it.each([
    ['{"event":', "log:2: no valid JSON"],
    ['{"event":"stop"}', /^log:2: expected an event of start, step, .*; found "stop"$/],
    ['{"event":"toString"}', 'found "toString"'],
    ["null", "log:2: expected an event"],
    ["3", "log:2: expected an event"],
    ['{"event":"step","step":1,"model":0,"lr":1}', 'log:2: "loss" is no number'],
    ['{"event":"step","step":"NaN","model":0,"loss":1,"lr":1}', 'log:2: "step" is no number'],
    ['{"event":"done","steps":1}', 'log:2: the event "done" has no list of models'],
    ['{"event":"done","steps":1,"models":[null]}', 'log:2: "seed" is no number'],
  ])("refuses the line %s", (wrong, message) => {
    const text = `${line(EVENTS[1] as RunEvent)}${wrong}\n`;
    expect(() => parseRunLog(text, "log")).toThrow(message);
  });
});

it("the events of population-based training are read beside a run's, or left out", () => {
  const rank: TuneEvent = {
    ...{ event: "rank", step: 10, model: 1, rank: 2, values: { "optimizer.lr": 0.1 } },
    ...{ train_loss: Number.NaN, val_loss: Number.POSITIVE_INFINITY, val_accuracy: 0.1 },
  };
  const moves: TuneEvent[] = [
    { event: "exploit", step: 10, model: 1, from: 0 },
    { event: "explore", step: 10, model: 1, key: "optimizer.lr", how: "up", before: 0.1, after: 0.12 },
  ];
  const step: RunEvent = { event: "step", step: 10, model: 1, loss: 1, lr: 0.1 };
  const text = [step, rank, ...moves].map((event) => `${jsonLine(event)}\n`).join("");
  expect(parseLog(text, "log")).toEqual([step, rank, ...moves]);
  expect(parseRunLog(text, "log")).toEqual([step]);
  expect(() => parseLog('{"event":"exploit","step":1,"model":0}\n', "log")).toThrow('log:1: "from" is no number');
});
