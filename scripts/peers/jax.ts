import { blockUntilReady, init, type Array as JaxArray, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { lastEpochMean, type Peer, WARM_UP_STEPS } from "./peer.ts";
import { createBatch, startOf, type Work } from "./work.ts";

const [BETA1, BETA2, EPS] = [0.9, 0.999, 1e-8];

/** Steps between two waits on WebGPU: enough work in flight, and the queue stays short. */
const STEPS_IN_FLIGHT = 10;

/** How jax-js runs: WASM on the calling thread or spread over its workers, or WebGPU. */
export type JaxMode = "WASM" | "WASM workers" | "WebGPU";

/**
 * jax-js with the whole step in one jit: forward, loss, gradients and Adam. Arrays are reference counted and functions
 * own their arguments: `.ref` marks a use that is not the last.
 *
 * Measured slower, and so not done here: the batch gathered inside the jit, all parameters in one flat array.
 */
export function jax(name: string, mode: JaxMode, work: Work, runsOn: () => string, baseline?: string): Peer {
  const { steps, stepsPerEpoch, lr } = work;
  const device = mode === "WebGPU" ? "webgpu" : "wasm";
  const batch = createBatch(work);
  const step = createStep(work);

  function upload(data: Float32Array<ArrayBuffer>, shape: readonly number[]): JaxArray {
    return np.array(data, { shape: [...shape], device });
  }

  /** Trains `count` steps from the start and returns their losses. */
  async function train(count: number): Promise<number[]> {
    let parameters = startOf(work).flatMap(({ weight, bias }) => {
      const [outputs, inputs] = weight.shape as [number, number];
      return [upload(transposed(weight.data, inputs), [inputs, outputs]), upload(bias.data.slice(), bias.shape)];
    });
    let [means, squares] = [0, 1].map(() => parameters.map(({ shape }) => np.zeros(shape, { device })));
    const losses: number[] = [];
    const unread: JaxArray[] = [];
    for (let k = 0; k < count; k++) {
      batch.gather(k);
      const x = upload(batch.x as Float32Array<ArrayBuffer>, [work.batchSize, work.sizes[0] as number]);
      const y = upload(batch.y as Float32Array<ArrayBuffer>, [work.batchSize, work.sizes.at(-1) as number]);
      // Powers of the betas in f64: a kernel would lose digits.
      const scales = [lr / (1 - BETA1 ** (k + 1)), 1 / Math.sqrt(1 - BETA2 ** (k + 1))];
      const results = step(
        parameters,
        means as JaxArray[],
        squares as JaxArray[],
        x,
        y,
        upload(new Float32Array(scales), [2]),
      );
      const loss = results[0];
      [, parameters, means, squares] = results;
      if (mode === "WASM") {
        losses.push(loss.dataSync()[0] as number);
      } else if (mode === "WASM workers") {
        losses.push((await loss.data())[0] as number);
      } else {
        unread.push(loss);
        if (unread.length % STEPS_IN_FLIGHT === 0) await blockUntilReady([loss]);
      }
    }
    for (const loss of unread) losses.push((await loss.data())[0] as number);
    for (const array of [parameters, means as JaxArray[], squares as JaxArray[]].flat()) array.dispose();
    return losses;
  }

  return {
    name,
    steps,
    ...(baseline !== undefined && { baseline }),
    async prepare() {
      const devices = await init(device);
      if (!devices.includes(device)) throw new Error(`${name}: jax-js offers ${devices.join(", ")}, no ${device}.`);
      await train(Math.min(WARM_UP_STEPS, steps));
      return runsOn();
    },
    async epoch() {
      const begin = performance.now();
      const losses = await train(steps);
      return { seconds: (performance.now() - begin) / 1000, loss: lastEpochMean(losses, stepsPerEpoch) };
    },
  };
}

/**
 * The step: parameters, both moments, x, y one-hot and [lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t)] to
 * the loss and the new state. It runs where its arguments are.
 */
function createStep({ sizes, batchSize }: Work) {
  const layers = sizes.length - 1;

  function lossOf(parameters: JaxArray[], x: JaxArray, y: JaxArray): JaxArray {
    let h = x;
    for (let l = 0; l < layers; l++) {
      h = np.matmul(h, parameters[2 * l] as JaxArray).add(parameters[2 * l + 1] as JaxArray);
      if (l < layers - 1) h = nn.relu(h);
    }
    return np.sum(nn.logSoftmax(h, -1).mul(y)).mul(-1 / batchSize);
  }

  function trainStep(
    parameters: JaxArray[],
    means: JaxArray[],
    squares: JaxArray[],
    x: JaxArray,
    y: JaxArray,
    scales: JaxArray,
  ): [loss: JaxArray, parameters: JaxArray[], means: JaxArray[], squares: JaxArray[]] {
    const [loss, gradients] = valueAndGrad(lossOf)(
      parameters.map((parameter) => parameter.ref),
      x,
      y,
    );
    const [rate, rootScale] = np.split(scales, 2) as [JaxArray, JaxArray];
    const next: [JaxArray[], JaxArray[], JaxArray[]] = [[], [], []];
    for (const [i, parameter] of parameters.entries()) {
      const g = gradients[i] as JaxArray;
      const mean = (means[i] as JaxArray).mul(BETA1).add(g.ref.mul(1 - BETA1));
      const square = (squares[i] as JaxArray).mul(BETA2).add(g.ref.mul(g).mul(1 - BETA2));
      const root = np.sqrt(square.ref).mul(rootScale.ref).add(EPS);
      next[0].push(parameter.sub(mean.ref.mul(rate.ref).div(root)));
      next[1].push(mean);
      next[2].push(square);
    }
    rate.dispose();
    rootScale.dispose();
    return [loss, ...next];
  }

  return jit(trainStep);
}

/** [rows, columns] to [columns, rows]. */
function transposed(data: Float32Array, columns: number): Float32Array<ArrayBuffer> {
  const rows = data.length / columns;
  return Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)] as number);
}
