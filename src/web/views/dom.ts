/** Elements without a framework: what is written is what the page gets. */

type Child = Node | string | number | undefined | false;
type Props<K extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[K], "style" | "dataset" | "children">
> & {
  /** Attributes that have no property of that name, such as aria-label. */
  readonly attrs?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Custom properties of CSS. */
  readonly vars?: Readonly<Record<string, string>>;
  readonly on?: { readonly [E in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[E]) => void };
};

/** An element with properties and children. Texts are set as texts, never as HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { attrs = {}, vars = {}, on = {}, ...props }: Props<K> = {},
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  Object.assign(element, props);
  for (const [name, value] of Object.entries(attrs)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(name, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener as EventListener);
  element.append(...children.flat().filter(isNode).map(asNode));
  return element;
}

const isNode = (child: Child): child is Node | string | number => child !== undefined && child !== false;
const asNode = (child: Node | string | number) => (typeof child === "number" ? String(child) : child);

/** The element with an id that index.html has. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element #${id}`);
  return found as E;
}

/** Runs the last call of many at the next frame, at most every `milliseconds`. */
export function throttled(run: () => void, milliseconds: number): () => void {
  let [last, isDue] = [Number.NEGATIVE_INFINITY, false];
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(
      () =>
        requestAnimationFrame(() => {
          isDue = false;
          last = performance.now();
          run();
        }),
      Math.max(0, milliseconds - (performance.now() - last)),
    );
  };
}
