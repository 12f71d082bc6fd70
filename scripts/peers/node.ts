import { createRequire } from "node:module";
import * as wasm from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { jax } from "./jax.ts";
import type { Job } from "./job.ts";
import type { Peer } from "./peer.ts";
import { tfjs } from "./tfjs.ts";

// Only @tensorflow/tfjs, 300 MB with what it brings, registers the gradients by itself. tfjs-core holds them as ES modules
// that Node cannot import (no extensions, no "type"); tsx can require them, and they register with the one engine.
createRequire(import.meta.url)("@tensorflow/tfjs-core/dist/register_all_gradients.js");

/** The WASM peers that run in this process. */
export function nodePeers(job: Job): Peer[] {
  const runsOn = async () => {
    const simd = (await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) ? "SIMD" : "no SIMD";
    return `${simd}, threads: ${wasm.getThreadsCount()}`;
  };
  const [backend, name] = ["wasm", "TensorFlow.js WASM"] as const;
  return [
    tfjs(job, { name, backend, ownGradient: false, runsOn, baseline: "TF.js" }),
    tfjs(job, { name: `${name}, own gradient`, backend, ownGradient: true, runsOn }),
    // Its workers are the web's, which Node 20 lacks.
    jax("jax-js WASM", "WASM", job, () => "SIMD, threads: 1", "jax-js"),
  ];
}
