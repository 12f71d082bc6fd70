import type { Chart } from "./charts/theme.ts";

/**
 * A chart as an SVG document, without a browser.
 * @param background a colour; without one the page behind it is seen
 */
export async function renderSvg({ option, width, height }: Chart, background = "transparent"): Promise<string> {
  const echarts = await import("echarts"); // large, and only figures need it
  const drawn = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    drawn.setOption({ ...option, backgroundColor: background });
    return withoutHandles(drawn.renderToSVGString());
  } finally {
    drawn.dispose(); // it would keep the process alive
  }
}

/** Takes off what only a page with scripts would use: classes without a style, and what takes the pointer. */
function withoutHandles(svg: string): string {
  const still = svg.replaceAll(/ pointer-events="visible"/g, "");
  return still.includes("<style") ? still : still.replaceAll(/ class="zr\d+-cls-\d+"/g, "");
}
