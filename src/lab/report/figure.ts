import type { Chart } from "./charts/theme.ts";
import { html, type Markup, trusted } from "./escape.ts";
import { renderSvg } from "./render.ts";
import { optionClass } from "./style.ts";

/** A choice between views of a figure. */
export interface Choice {
  readonly name: string;
  readonly options: readonly string[];
  /** Which is chosen at the start: the first unless given. */
  readonly chosen?: string;
}

/** A view: the option of each choice that it is for, and its chart. */
export interface View {
  readonly options: readonly string[];
  readonly chart: Chart;
  /** What it shows, for those who do not see it. */
  readonly label: string;
}

/**
 * A figure whose views radio buttons choose between, by style alone: each view is drawn beforehand. Printed, it shows the chosen
 * one.
 * @param id no other figure of the page has it
 */
export async function figure(
  id: string,
  choices: readonly Choice[],
  views: readonly View[],
  caption: Markup | string,
): Promise<Markup> {
  const drawn: Markup[] = [];
  for (const { options, chart, label } of views) {
    const svg = await renderSvg(chart);
    const own = choices.flatMap((choice) => choice.options.map(optionClass));
    const classes = ["view", ...options.map(optionClass)].join(" ");
    const named = trusted(svg.replace("<svg ", () => html`<svg role="img" aria-label="${label}" `.html));
    drawn.push(html`<div class="${classes}" data-of="${own.join(" ")}">${named}</div>`);
  }
  return html`<figure class="figure" id="${id}">
${choices.length > 0 && html`<div class="key">${choices.map((choice) => radios(id, choice))}</div>`}
<div class="scroll" tabindex="0" role="region" aria-label="figure">${drawn}</div>
<figcaption>${caption}</figcaption>
</figure>`;
}

function radios(id: string, { name, options, chosen = options[0] }: Choice): Markup {
  const group = `${id}-${name.replaceAll(" ", "-")}`;
  const buttons = options.map((option) => {
    const checked = option === chosen ? trusted(" checked") : "";
    return html`<label><input type="radio" name="${group}" class="${optionClass(option)}"${checked}>${option}</label>`;
  });
  return html`<fieldset><legend>${name}</legend>${buttons}</fieldset>`;
}
