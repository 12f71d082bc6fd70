import * as tf from "@tensorflow/tfjs-core";
import { lastEpochMean, type Peer, WARM_UP_STEPS } from "./peer.ts";
import { createBatch, startOf, type Work } from "./work.ts";

/** y = f(x w + b) with w [inputs, outputs]; `first`: nothing needs the gradient of x. */
type Dense = (
  x: tf.Tensor2D,
  w: tf.Tensor2D,
  b: tf.Tensor1D,
  activation: "relu" | "linear",
  first: boolean,
) => tf.Tensor2D;

/** How TensorFlow.js runs. The backend and the gradients must be registered by whoever asks for it. */
export interface TfjsOptions {
  readonly name: string;
  readonly backend: "wasm" | "webgpu";
  /** Its dense layer as documented, or with the gradient below. */
  readonly ownGradient: boolean;
  /** What it runs on, in words; asked once the backend is up. */
  readonly runsOn: () => Promise<string>;
  readonly baseline?: string;
}

/** Steps between two waits on WebGPU: enough work in flight, and the queue stays short. */
const STEPS_IN_FLIGHT = 10;

/** The documented way: its own dense operation and the gradient that comes with it. */
const documented: Dense = (x, w, b, activation) => {
  return tf.fused.matMul({ a: x, b: w, bias: b, activation }) as tf.Tensor2D;
};

/**
 * The library's gradient of a product asks for products of transposed matrices, for which its WASM backend has only a
 * plain loop; here the dense layer has its own gradient, with matrices transposed beforehand.
 */
const withOwnGradient: Dense = (x, w, b, activation, first) => {
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
};

/** TensorFlow.js with its own loss, gradients and Adam. */
export function tfjs(work: Work, { name, backend, ownGradient, runsOn, baseline }: TfjsOptions): Peer {
  const { sizes, batchSize, steps, stepsPerEpoch } = work;
  const dense = ownGradient ? withOwnGradient : documented;
  const layers = sizes.length - 1;
  const batch = createBatch(work);

  /** Trains `count` steps from the start and returns their losses. */
  async function train(count: number): Promise<number[]> {
    const variables = initialVariables(work);
    const optimizer = tf.train.adam(work.lr, 0.9, 0.999, 1e-8);
    const losses: number[] = [];
    const unread: tf.Scalar[] = [];
    const step = () => {
      const labels = tf.tensor2d(batch.y, [batchSize, sizes.at(-1) as number]);
      const x = tf.tensor2d(batch.x, [batchSize, sizes[0] as number]);
      const loss = () => {
        let h = x;
        for (let l = 0; l < layers; l++) {
          const [w, b] = [variables[2 * l] as tf.Tensor2D, variables[2 * l + 1] as tf.Tensor1D];
          h = dense(h, w, b, l === layers - 1 ? "linear" : "relu", l === 0);
        }
        return tf.losses.softmaxCrossEntropy(labels, h) as tf.Scalar;
      };
      return optimizer.minimize(loss, true, variables) as tf.Scalar;
    };
    for (let k = 0; k < count; k++) {
      batch.gather(k);
      const loss = tf.tidy(step);
      if (backend === "wasm") {
        losses.push(loss.dataSync()[0] as number);
        loss.dispose();
      } else {
        unread.push(loss);
        if (unread.length % STEPS_IN_FLIGHT === 0) await loss.data();
      }
    }
    for (const loss of unread) losses.push((await loss.data())[0] as number);
    tf.dispose(unread);
    tf.dispose(variables);
    optimizer.dispose();
    return losses;
  }

  return {
    name,
    steps,
    ...(baseline !== undefined && { baseline }),
    async prepare() {
      tf.enableProdMode();
      if (!(await tf.setBackend(backend))) throw new Error(`${name}: TensorFlow.js has no ${backend} here.`);
      await train(Math.min(WARM_UP_STEPS, steps));
      return `${tf.version_core}, ${await runsOn()}`;
    },
    async epoch() {
      const begin = performance.now();
      const losses = await train(steps);
      return { seconds: (performance.now() - begin) / 1000, loss: lastEpochMean(losses, stepsPerEpoch) };
    },
  };
}

/** The start as variables: weight [inputs, outputs] and bias of each layer. */
function initialVariables(work: Work): tf.Variable[] {
  return startOf(work).flatMap(({ weight, bias }) =>
    tf.tidy(() => [
      tf.variable(tf.transpose(tf.tensor(weight.data, [...weight.shape]))),
      tf.variable(tf.tensor(bias.data, [...bias.shape])),
    ]),
  );
}
