import type { Dataset } from "../../data/dataset.ts";
import type { Population } from "../compare/records.ts";
import type { CompareResults, WorkloadInfo } from "../compare/results.ts";
import { html, type Inserted, type Markup } from "./escape.ts";
import { sampleImage } from "./images.ts";

/** The mistakes of the best model: of the contender with the highest mean, the seed of the highest accuracy. */
export function mistakesPart(
  results: CompareResults,
  { label, classes }: WorkloadInfo,
  dataset: Dataset | undefined,
): Inserted {
  const mean = ({ models }: Population) =>
    models.reduce((sum, { test_accuracy }) => sum + test_accuracy, 0) / models.length;
  const [best] = results.results
    .flatMap(({ workload, contender, population }) =>
      workload === label && population?.errors ? [{ contender, population, errors: population.errors }] : [],
    )
    .sort((a, b) => mean(b.population) - mean(a.population));
  if (!best) return undefined;
  const { seed, confusion, worst } = best.errors;
  const nameOf = (of: number) => classes?.[of] ?? `${of}`;
  const percent = (share: number) => (share >= 0.001 ? `${(100 * share).toFixed(1)} %` : "under 0.1 %");
  const pictures = dataset?.table ? undefined : dataset;
  const items = worst.map(({ sample, probability, label_probability, ...own }) => {
    const [truth, predicted] = [nameOf(own.label), nameOf(own.predicted)];
    return html`<li data-sample="${sample}">
${pictures && html`<img src="${sampleImage(pictures.test, sample)}" alt="test sample ${sample}, a ${truth}" width="84" height="84">`}
${dataset?.table && html`<span class="muted">sample ${sample}</span>`}
<span><b>${truth}</b> taken for <b>${predicted}</b></span>
<span class="muted">as ${predicted}: ${percent(probability)}<br>as ${truth}: ${percent(label_probability)}</span></li>`;
  });
  return html`<h3>What the best model gets wrong</h3>
<p class="note">${best.contender}, seed ${seed}. Lines: what a sample is; columns: what it was taken for.</p>
${confusionTable(confusion, nameOf)}
${
  items.length > 0 &&
  html`<p class="note">The test samples of the highest loss, with the probabilities of the class they were taken for and of their own.</p>
<ul class="mistakes">${items}</ul>`
}`;
}

/**
 * A confusion matrix: the darker a mistake, the more often it is made.
 * @param nameOf the name of a class
 */
function confusionTable(confusion: readonly (readonly number[])[], nameOf: (label: number) => string): Markup {
  const most = Math.max(1, ...confusion.flatMap((row, label) => row.filter((_, predicted) => predicted !== label)));
  const cell = (count: number, label: number, predicted: number) => {
    if (label === predicted) return html`<td class="hit">${count}</td>`;
    if (count === 0) return html`<td class="none">·</td>`;
    // A root makes rare mistakes visible beside frequent ones.
    return html`<td style="--share:${(65 * Math.sqrt(count / most)).toFixed(0)}">${count}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="confusion matrix"><table class="confusion">
<thead><tr><th scope="col"></th>${confusion.map((_, label) => html`<th scope="col">${nameOf(label)}</th>`)}</tr></thead>
<tbody>${confusion.map((row, label) => html`<tr><th scope="row">${nameOf(label)}</th>${row.map((count, predicted) => cell(count, label, predicted))}</tr>`)}</tbody>
</table></div>`;
}
