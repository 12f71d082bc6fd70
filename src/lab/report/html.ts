import type { Dataset } from "../../data/dataset.ts";
import { jsonLine } from "../../io/runLog.ts";
import type { CompareResults } from "../compare/results.ts";
import { profileChart } from "./charts/profiles.ts";
import { html, type Inserted, type Markup, trusted } from "./escape.ts";
import { figure } from "./figure.ts";
import { STYLE } from "./style.ts";
import { protocolText } from "./words.ts";
import { placesOf, workloadSection } from "./workload.ts";

/**
 * A comparison's report as one HTML document that needs nothing else: no script, no network. Its policy forbids both.
 * @param datasets of the workloads, in their order, for pictures of samples
 */
export async function reportHtml(results: CompareResults, datasets: readonly Dataset[]): Promise<string> {
  const { workloads, contenders, seeds, summary } = results;
  const name = workloads.map(({ recipe }) => (recipe as { name?: string }).name).find(Boolean);
  const title = `${contenders.map(({ label }) => label).join(", ")}`;
  const sections: Markup[] = [];
  for (const [i, info] of workloads.entries()) {
    sections.push(await workloadSection(results, info, datasets[i], `workload-${i + 1}`));
  }
  const what = workloads
    .map(({ data, network }) => `${data === "mnist" ? "MNIST" : data} ${network.join("-")}`)
    .join("; ");
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="generator" content="Downhill ${results.version}">
<title>Comparison: ${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<h1>${contenders.length} optimizer${contenders.length > 1 ? "s" : ""} compared</h1>
<p class="muted">${name !== undefined && `${name}: `}${what}; ${lengthOf(results)}, ${seeds.length} seed${seeds.length > 1 ? "s" : ""}; ${results.adapter.name}</p>
<p>${protocolText(results)}</p>
</header>
<main>
${sections}
${summary.profiles.steps.problems.length > 1 && (await profileSection(results))}
${provenance(results)}
</main>
<footer class="muted">Made by Downhill ${results.version} on ${results.created.slice(0, 10)}. Beside this file: the figures as SVG,
results.csv with a line for each model, results.json with everything.</footer>
</body>
</html>
`;
  return document.html;
}

function lengthOf({ workloads }: CompareResults): string {
  const { epochs, steps, batch_size } = (workloads[0]?.recipe ?? {}) as Record<string, unknown>;
  const length = steps === undefined ? `${epochs} epoch${epochs === 1 ? "" : "s"}` : `${steps} steps`;
  return `${length}, batch ${batch_size}`;
}

async function profileSection(results: CompareResults): Promise<Markup> {
  const { steps, seconds } = results.summary.profiles;
  const places = placesOf(results);
  const views = [
    { options: ["steps"], chart: profileChart(steps, places, "steps"), label: "performance profile by steps" },
    { options: ["seconds"], chart: profileChart(seconds, places, "seconds"), label: "performance profile by seconds" },
  ];
  const rows = steps.lines
    .map(({ contender, score }, i) => ({ contender, score, seconds: seconds.lines[i]?.score ?? 0 }))
    .sort((a, b) => b.score - a.score)
    .map(
      ({ contender, score, seconds: other }) => html`<tr data-contender="${contender}"><th scope="row">${contender}</th>
<td><data data-field="profile.steps" value="${score}">${score.toFixed(3)}</data></td>
<td><data data-field="profile.seconds" value="${other}">${other.toFixed(3)}</data></td></tr>`,
    );
  const unsolved = steps.unsolved.length > 0 && ` Reached by nobody, and left out: ${steps.unsolved.join(", ")}.`;
  return html`<section id="profile"><h2>Performance profile</h2>
${await figure("profile-figure", [{ name: "by", options: ["steps", "seconds"] }], views, html`The share of problems on which an optimizer's median over the seeds is at most so many times the best one's. Problems: ${steps.problems.join(", ")}.${unsolved}`)}
<table class="profile"><thead><tr><th scope="col">mean share up to ${steps.tau} times</th><th scope="col">by steps</th><th scope="col">by seconds</th></tr></thead>
<tbody>${rows}</tbody></table>
</section>`;
}

/** Everything that is needed to run it again. */
function provenance({ command, adapter, version, created, workloads, contenders, results }: CompareResults): Inserted {
  const kernels = [...new Set(results.flatMap(({ population }) => population?.kernels ?? []))];
  const complete = results.flatMap(({ workload, contender, population }) =>
    population
      ? [
          html`<details><summary>${contender}${workloads.length > 1 && `, ${workload}`}</summary><pre>${JSON.stringify(population.recipe, null, 2)}</pre></details>`,
        ]
      : [],
  );
  return html`<section id="again"><h2>Run it again</h2>
<pre id="command">${command}</pre>
<dl>
<dt>version</dt><dd>Downhill ${version}</dd>
<dt>made</dt><dd>${created}</dd>
<dt>adapter</dt><dd>${adapter.name} (${`${adapter.kind}, ${adapter.backend}`})</dd>
<dt>driver</dt><dd>${`${adapter.driver || "not told"}`}</dd>
<dt>kernels</dt><dd>${kernels.join("; ")}</dd>
<dt>optimizers</dt><dd>${contenders.map(({ optimizer }) => jsonLine(optimizer)).join(" ")}</dd>
${workloads.map(({ label, train_samples, test_samples }) => html`<dt>data</dt><dd>${label}: ${train_samples} training and ${test_samples} test samples</dd>`)}
</dl>
<p class="note">The complete recipes, with the learning rates that were used:</p>
${complete}
</section>`;
}
