import { createRequire } from "node:module";
import * as wasm from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import type { Job } from "./job.ts";
import { lastEpochMean, type Peer } from "./peer.ts";

// Only @tensorflow/tfjs, 300 MB with what it brings, registers the gradients by itself. tfjs-core holds them as ES modules
// that Node cannot import (no extensions, no "type"); tsx can require them, and they register with the one engine.
createRequire(import.meta.url)("@tensorflow/tfjs-core/dist/register_all_gradients.js");

/** y = f(x w + b) with w [inputs, outputs]; `first`: nothing needs the gradient of x. */
type Dense = (
  x: tf.Tensor2D,
  w: tf.Tensor2D,
  b: tf.Tensor1D,
  activation: "relu" | "linear",
  first: boolean,
) => tf.Tensor2D;

const WARM_UP_STEPS = 10;

/** TensorFlow.js on WASM the documented way: its dense operation, its loss, its gradients, its Adam. */
export function tfjs(job: Job): Peer {
  return peer(
    "TensorFlow.js WASM",
    job,
    (x, w, b, activation) => tf.fused.matMul({ a: x, b: w, bias: b, activation }) as tf.Tensor2D,
  );
}

/**
 * TensorFlow.js on WASM at its best. Its own gradient of a product asks for products of transposed matrices, for which its
 * WASM backend has only a plain loop; here the dense layer has its own gradient, with matrices transposed beforehand.
 */
export function tfjsTuned(job: Job): Peer {
  return peer("TensorFlow.js WASM, own gradient", job, (x, w, b, activation, first) => {
    const dense = tf.customGrad((...inputs) => {
      const [x, w, b, save] = inputs as unknown as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc];
      const y = tf.fused.matMul({ a: x, b: w, bias: b, activation });
      save([x, w, y]);
      const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, w, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const dz = activation === "relu" ? tf.mul(dy, tf.step(y)) : dy;
        const dx = first ? tf.zerosLike(x) : tf.matMul(dz, tf.transpose(w));
        return [dx, tf.matMul(tf.transpose(x), dz), tf.sum(dz, 0)];
      };
      return { value: y, gradFunc };
    });
    return dense(x, w, b) as tf.Tensor2D;
  });
}

function peer(name: string, job: Job, dense: Dense): Peer {
  const { sizes, batchSize, steps, stepsPerEpoch } = job;
  const layers = sizes.length - 1;
  const pixels = sizes[0] as number;
  const classes = sizes[layers] as number;
  const x = new Float32Array(batchSize * pixels);
  const y = new Float32Array(batchSize * classes);

  function gather(step: number): void {
    y.fill(0);
    for (let row = 0; row < batchSize; row++) {
      const sample = job.order[step * batchSize + row] as number;
      x.set(job.images.subarray(sample * pixels, (sample + 1) * pixels), row * pixels);
      y[row * classes + (job.labels[sample] as number)] = 1;
    }
  }

  /** Trains `count` steps from the start and returns their losses. */
  function train(count: number): number[] {
    const variables = initialVariables(job);
    const optimizer = tf.train.adam(job.lr, 0.9, 0.999, 1e-8);
    const losses: number[] = [];
    const step = () => {
      const labels = tf.tensor2d(y, [batchSize, classes]);
      const loss = () => {
        let h = tf.tensor2d(x, [batchSize, pixels]);
        for (let l = 0; l < layers; l++) {
          const [w, b] = [variables[2 * l] as tf.Tensor2D, variables[2 * l + 1] as tf.Tensor1D];
          h = dense(h, w, b, l === layers - 1 ? "linear" : "relu", l === 0);
        }
        return tf.losses.softmaxCrossEntropy(labels, h) as tf.Scalar;
      };
      losses.push(optimizer.minimize(loss, true, variables)?.dataSync()[0] as number);
    };
    for (let k = 0; k < count; k++) {
      gather(k);
      tf.tidy(step);
    }
    tf.dispose(variables);
    optimizer.dispose();
    return losses;
  }

  return {
    name,
    async prepare() {
      tf.enableProdMode();
      await tf.setBackend("wasm");
      train(Math.min(WARM_UP_STEPS, steps));
      const simd = (await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) ? "SIMD" : "no SIMD";
      return `${tf.version_core}, ${simd}, threads: ${wasm.getThreadsCount()}`;
    },
    async epoch() {
      const begin = performance.now();
      const losses = train(steps);
      return { seconds: (performance.now() - begin) / 1000, loss: lastEpochMean(losses, stepsPerEpoch) };
    },
  };
}

/** The start as variables: weight [inputs, outputs] and bias of each layer. */
function initialVariables(job: Job): tf.Variable[] {
  return job.sizes.slice(1).flatMap((_, l) => {
    const weight = job.init[`fc${l + 1}.weight`];
    const bias = job.init[`fc${l + 1}.bias`];
    if (!weight || !bias) throw new Error(`${job.initFile} has no fc${l + 1}.`);
    return tf.tidy(() => [
      tf.variable(tf.transpose(tf.tensor(weight.data, [...weight.shape]))),
      tf.variable(tf.tensor(bias.data, [...bias.shape])),
    ]);
  });
}
