import { type ContenderSummary, type PairDifference, percentText } from "../compare/summary.ts";
import type { TargetResult } from "../compare/targets.ts";
import { lookOf } from "./charts/theme.ts";
import { html, type Markup } from "./escape.ts";

/** A number that a page shows rounded and holds in full. */
export const figureOf = (field: string, value: number, shown: string): Markup =>
  html`<data data-field="${field}" value="${value}">${shown}</data>`;

const hundredths = (share: number) => (100 * share).toFixed(2);

/** The accuracy table of a workload. */
export function accuracyTable(
  summaries: readonly ContenderSummary[],
  places: ReadonlyMap<string, number>,
  tuned: boolean,
): Markup {
  const top = Math.max(...summaries.map(({ final_accuracy }) => final_accuracy.mean));
  const rows = summaries.map(
    (own) => html`<tr data-contender="${own.contender}">
<th scope="row">${swatch(places.get(own.contender) ?? 0)}${own.contender}</th>
<td>${own.lr === undefined ? "own" : figureOf("lr", own.lr, `${own.lr}`)}${own.lr_at_edge && " !"}</td>
<td class="${own.final_accuracy.mean === top ? "best" : ""}">${figureOf("final_accuracy.mean", own.final_accuracy.mean, hundredths(own.final_accuracy.mean))} ± ${figureOf("final_accuracy.deviation", own.final_accuracy.deviation, hundredths(own.final_accuracy.deviation))}</td>
<td>${figureOf("best_accuracy.mean", own.best_accuracy.mean, hundredths(own.best_accuracy.mean))} ± ${hundredths(own.best_accuracy.deviation)}</td>
<td>${figureOf("test_loss.mean", own.test_loss.mean, own.test_loss.mean.toFixed(3))}</td>
<td>${figureOf("seconds_per_epoch", own.seconds_per_epoch, own.seconds_per_epoch.toFixed(2))}</td>
</tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="accuracy table"><table class="accuracy">
<thead><tr><th scope="col">optimizer</th><th scope="col">${tuned ? "chosen lr" : "lr"}</th>
<th scope="col">final test accuracy, %</th><th scope="col">best, %</th><th scope="col">final test loss</th>
<th scope="col">seconds an epoch</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** When a workload's contenders came to the targets. */
export function targetTable(summaries: readonly ContenderSummary[], places: ReadonlyMap<string, number>): Markup {
  const heads = (summaries[0]?.targets ?? []).map(({ target }) => {
    const to = `to ${percentText(target)} %`;
    return html`<th scope="col">steps ${to}</th><th scope="col">seconds ${to}</th>`;
  });
  const rows = summaries.map(
    ({ contender, targets }) => html`<tr data-contender="${contender}">
<th scope="row">${swatch(places.get(contender) ?? 0)}${contender}</th>
${targets.map((target) => [targetCell(target, "steps"), targetCell(target, "seconds")])}
</tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="time to target"><table class="targets">
<thead><tr><th scope="col">optimizer</th>${heads}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function targetCell({ target, reached, of, ...result }: TargetResult, unit: "steps" | "seconds"): Markup {
  const value = result[unit];
  if (!value) return html`<td class="unshown">not reached</td>`;
  const digits = unit === "steps" || value.mean >= 100 ? 0 : value.mean < 1 ? 2 : 1;
  const deviation = reached > 1 && ` ± ${value.deviation.toFixed(digits)}`;
  const share = reached < of && html` <span class="unshown">${reached}/${of}</span>`;
  const field = `${unit}_to_${percentText(target)}`;
  return html`<td>${figureOf(field, value.mean, value.mean.toFixed(digits))}${deviation}${share}</td>`;
}

/** A piece of a contender's line, as the charts have it. */
function swatch(place: number): Markup {
  const { colour, dash } = lookOf(place);
  const dashes = dash === "solid" ? "" : html` stroke-dasharray="${dash.join(" ")}"`;
  return html`<svg class="swatch" viewBox="0 0 22 10" aria-hidden="true"><path d="M0 5H22" fill="none" stroke="${colour}" stroke-width="2.6"${dashes}/></svg>`;
}

/** Each pair of a workload: the row's optimizer less the column's, in points of final test accuracy. */
export function differenceTable(differences: readonly PairDifference[]): Markup {
  const ranked = [...new Set(differences.flatMap(({ higher, lower }) => [higher, lower]))];
  const [columns, rows] = [ranked.slice(1), ranked.slice(0, -1)];
  const cell = (row: string, column: string) => {
    const found = differences.find(({ higher, lower }) => higher === row && lower === column);
    if (!found) return html`<td></td>`;
    const { mean, half, shown } = found;
    const reach = Number.isFinite(half) ? ` ± ${hundredths(half)}` : "";
    return html`<td class="${shown ? "shown" : "unshown"}" data-pair="${row}|${column}">${shown ? "+" : "("}${figureOf("difference", mean, hundredths(mean))}${reach}${!shown && ")"}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="differences"><table class="differences">
<thead><tr><th scope="col">above</th>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr><th scope="row">${row}</th>${columns.map((column) => cell(row, column))}</tr>`)}</tbody>
</table></div>`;
}
