import { files } from "#platform";
import { type Dataset, type FileAccess, loadDataset } from "../../data/dataset.ts";

/** MNIST's files as they lie beside the page: packed, and nothing else is asked for. */
const access = (base: string): FileAccess => ({
  read: (path) => files.read(new URL(path, base).href),
  exists: async (path) => /-idx\d-ubyte\.gz$/.test(path),
  mnistFolder: files.mnistFolder,
});

/**
 * Loads MNIST from beside the page.
 * @param base the page's address
 * @throws Error that names the file that cannot be read
 */
export function loadMnist(base: string): Promise<Dataset> {
  return loadDataset("mnist", access(base));
}
