import type { SeriesOption } from "echarts";

// Okabe and Ito's blue, which colour-blind readers can tell from grey by its lightness too.
const [BLUE, LINE] = ["#0072B2", "#d8dee4"];
const [TEXT, TITLE] = ["#57606a", "#1f2328"];
const [COLUMNS, PANEL, HEIGHT, GAP, LABEL] = [6, 132, 112, 16, 36];
const [LEFT, TOP, BOTTOM] = [52, 112, 52];

const NOTE = "training loss, mean over the seeds (log scale); grey: the other optimizers; percent: test accuracy";

/** What a panel shows of an optimizer. */
export interface Panel {
  readonly optimizer: string;
  /** The chosen learning rate; absent where there is none to choose. */
  readonly lr?: number | undefined;
  /** Mean test accuracy, 0..1 */
  readonly accuracy: number;
  /** [epochs done, training loss] */
  readonly curve: Curve;
}

type Curve = readonly (readonly [number, number])[];

/**
 * Draws the loss curve of each optimizer in a panel of its own, over those of all others in grey: an SVG document.
 * @param title says what was trained, and on which adapter
 */
export async function drawPanels(
  comparisons: readonly Panel[],
  title: { text: string; subtext: string },
): Promise<string> {
  const echarts = await import("echarts"); // large, and only the figure needs it
  const columns = Math.max(1, Math.min(COLUMNS, comparisons.length));
  const rows = Math.ceil(comparisons.length / columns);
  const pitch = LABEL + HEIGHT + GAP;
  const width = Math.max(640, LEFT + columns * (PANEL + GAP));
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height: TOP + rows * pitch + BOTTOM });
  const curves = comparisons.map(({ curve }): Curve => curve.filter(([, loss]) => Number.isFinite(loss) && loss > 0));
  const [least, most] = limits(curves);
  const inside = curves.map((curve) => curve.map(([x, loss]) => [x, Math.min(most, Math.max(least, loss))] as const));
  const epochs = Math.max(...curves.flat().map(([x]) => x), 0);
  const left = (panel: number) => LEFT + (panel % columns) * (PANEL + GAP);
  const top = (panel: number) => TOP + Math.floor(panel / columns) * pitch + LABEL;
  const isLowest = (panel: number) => panel + columns >= comparisons.length;
  const axis = (show: boolean) => ({
    axisLabel: { show, color: TEXT, fontSize: 10, hideOverlap: true },
    axisTick: { show: false },
    axisLine: { show: true, lineStyle: { color: LINE } },
    splitLine: { lineStyle: { color: "#f0f3f6" } },
    minorTick: { show: false },
  });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: "system-ui, sans-serif" },
    title: [
      {
        ...title,
        left: "center",
        textStyle: { fontSize: 16, color: TITLE },
        subtextStyle: { color: TEXT, lineHeight: 18 },
      },
      ...comparisons.map(({ optimizer, lr, accuracy }, panel) => ({
        text: optimizer,
        subtext: `${lr === undefined ? "own rate" : `lr ${lr}`}: ${(100 * accuracy).toFixed(2)} %`,
        left: left(panel),
        top: top(panel) - LABEL,
        padding: 0,
        itemGap: 3,
        textStyle: { fontSize: optimizer.length > 16 ? 11 : 12, color: TITLE },
        subtextStyle: { fontSize: 11, color: TEXT },
      })),
    ],
    grid: comparisons.map((_, panel) => ({ left: left(panel), top: top(panel), width: PANEL, height: HEIGHT })),
    xAxis: comparisons.map((_, gridIndex) => ({
      ...axis(isLowest(gridIndex)),
      gridIndex,
      type: "value" as const,
      min: 0,
      max: epochs,
      splitNumber: 2,
      name: isLowest(gridIndex) ? "epoch" : "",
      nameLocation: "middle" as const,
      nameGap: 22,
      nameTextStyle: { color: TEXT, fontSize: 11 },
    })),
    yAxis: comparisons.map((_, gridIndex) => ({
      ...axis(gridIndex % columns === 0),
      gridIndex,
      type: "log" as const,
      min: least,
      max: most,
    })),
    series: comparisons.flatMap(({ optimizer }, panel): SeriesOption[] => {
      const line = { type: "line" as const, xAxisIndex: panel, yAxisIndex: panel, showSymbol: false, silent: true };
      return [
        { ...line, name: "others", color: LINE as string, lineStyle: { width: 1 }, data: joined(inside, panel) },
        {
          ...line,
          name: optimizer,
          color: BLUE as string,
          lineStyle: { width: 2.2 },
          z: 3,
          data: (inside[panel] as Curve).map((point) => [...point]),
        },
      ];
    }),
    graphic: [note("loss", { left: 8, top: TOP + LABEL - 18 }), note(NOTE, { left: LEFT, bottom: 6 })],
  });
  const svg = chart.renderToSVGString();
  chart.dispose(); // it would keep the process alive
  return svg;
}

function note(text: string, place: { left: number; top?: number; bottom?: number }) {
  const style = { text, fill: TEXT, fontSize: 11, fontFamily: "system-ui, sans-serif" };
  return { type: "text" as const, ...place, style };
}

/** The losses that the panels show: up to a little above where a network knows nothing, ln 10 for ten classes. */
function limits(curves: readonly Curve[]): [number, number] {
  const losses = curves.flat().map(([, loss]) => loss);
  if (losses.length === 0) return [0.1, 3];
  return [Math.min(1, ...losses.map((loss) => Number((loss * 0.9).toPrecision(1)))), 3];
}

/** The curves of all panels but one as one broken line, every third point of each: it is background. */
function joined(curves: readonly Curve[], but: number): (number | null)[][] {
  return curves.flatMap((curve, panel) => {
    if (panel === but) return [];
    const points = curve.filter((_, i) => i % 3 === 0 || i === curve.length - 1);
    return [...points.map((point) => [...point] as (number | null)[]), [null, null]];
  });
}
