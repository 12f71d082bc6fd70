/** Text that is HTML already. */
export interface Markup {
  readonly html: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML shows it, in an element or in an attribute with quotes. */
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] as string);

/** What stands in a template: texts and numbers are escaped, markup is taken as it is, a list is joined. */
export type Inserted = string | number | Markup | readonly Inserted[] | undefined | false;

/** HTML from a template whose insertions are escaped. Attributes stand in quotes. */
export function html(parts: TemplateStringsArray, ...inserted: readonly Inserted[]): Markup {
  return { html: parts.map((part, i) => part + (i < inserted.length ? insertedHtml(inserted[i]) : "")).join("") };
}

/** Takes text as HTML without a look: for what was made here. */
export const trusted = (text: string): Markup => ({ html: text });

function insertedHtml(value: Inserted): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "string" || typeof value === "number") return escapeHtml(`${value}`);
  return "html" in value ? value.html : value.map(insertedHtml).join("");
}
