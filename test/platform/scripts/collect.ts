/** Keeps nothing of an adapter but its device, has the rest collected as garbage, and uses the device. */
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { requestAdapter } from "#platform";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const device = await (await requestAdapter()).adapter.requestDevice();
for (let round = 0; round < 5; round++) {
  collectGarbage();
  await setTimeout(5);
}
await device.queue.onSubmittedWorkDone();
console.log("works");
