/** Unpacks the bundled driver and prints the path of its ICD file. */
import { prepareBundledDriver } from "../../../src/platform/vulkan.ts";

console.log(await prepareBundledDriver());
