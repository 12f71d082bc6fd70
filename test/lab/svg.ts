/** An element of an SVG document: its name, and its attributes. */
export interface SvgElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The text directly inside it. */
  text: string;
}

/**
 * The elements of an SVG document in order.
 * @throws Error where tags do not close each other or something stands outside of them
 */
export function parseSvg(document: string): SvgElement[] {
  const elements: SvgElement[] = [];
  const open: SvgElement[] = [];
  const token = /<!\[CDATA\[.*?\]\]>|<\/([\w:-]+)\s*>|<([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gsy;
  while (token.lastIndex < document.length) {
    const at = token.lastIndex;
    const found = token.exec(document);
    if (!found) throw new Error(`not well-formed at ${at}: ${document.slice(at, at + 40)}`);
    const [, close, name, attributes = "", isEmpty, text] = found;
    if (close !== undefined) {
      const last = open.pop();
      if (last?.name !== close) throw new Error(`</${close}> at ${at} closes <${last?.name}>`);
    } else if (name !== undefined) {
      const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
      const element: SvgElement = { name, attributes: Object.fromEntries(pairs), text: "" };
      elements.push(element);
      if (isEmpty === "") open.push(element);
    } else if (text?.trim()) {
      if (/&(?!(amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i.test(text)) throw new Error(`a bare & at ${at}`);
      const inside = open.at(-1);
      if (!inside) throw new Error(`text outside of the document at ${at}`);
      inside.text += text;
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)?.name}> is never closed`);
  return elements;
}
