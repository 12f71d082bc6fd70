import { cache } from "#platform";

const [letter = "", times = "1"] = process.argv.slice(2);
for (let i = 0; i < Number(times); i++) await cache.update("log", (old = "") => old + letter);
process.stdout.write((await cache.read("log")) ?? "nothing");
