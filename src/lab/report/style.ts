import { AXES, METRICS } from "./curves.ts";

/** Colours of charts on white paper, and what stands for them on a dark page. */
const DARK: Readonly<Record<string, string>> = {
  "#0072B2": "#4aa8e0",
  "#D55E00": "#ff8a3d",
  "#009E73": "#2cc79a",
  "#CC79A7": "#e39cc4",
  "#E69F00": "#f2b134",
  "#56B4E9": "#8fd0f7",
  "#24292f": "#e6edf3",
  "#1f2328": "#e6edf3",
  "#57606a": "#9da7b3",
  "#8c959f": "#768390",
  "#eaeef2": "#2a313a",
  "#fefefe": "#0d1117",
  "#fff": "#0d1117",
};

/** A class name of an option. */
export const optionClass = (option: string): string => `o-${option.replaceAll(" ", "-")}`;

const recoloured = Object.entries(DARK)
  .map(([light, dark]) => `svg [fill="${light}"]{fill:${dark}}svg [stroke="${light}"]{stroke:${dark}}`)
  .join("");

/** A chosen option hides the views of the others. */
const chosen = [...METRICS, ...AXES, "linear", "log"]
  .map(optionClass)
  .map((name) => `.figure:has(input.${name}:checked) .view:not(.${name})[data-of~="${name}"]{display:none}`);

export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--text:#1f2328;--muted:#57606a;--line:#d8dee4;--soft:#f6f8fa;--accent:#0072B2;--warm:#D55E00}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main,header,footer{max-width:940px;margin:0 auto;padding:0 20px}
header{padding-top:40px}
h1{font-size:28px;line-height:1.25;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:22px;margin:52px 0 4px;padding-top:20px;border-top:1px solid var(--line)}
h3{font-size:17px;margin:36px 0 6px}
p{margin:8px 0;max-width:72ch}
.lead{font-size:18px}
.muted,figcaption,.note{color:var(--muted);font-size:14px}
figure{margin:12px 0 0}
figcaption{margin-top:4px;max-width:80ch}
.scroll{overflow-x:auto}
.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
svg{display:block;width:100%;height:auto;max-width:900px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:15px;margin:12px 0}
th,td{padding:6px 12px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
thead th{font-weight:600;vertical-align:bottom;font-size:13px;color:var(--muted);white-space:normal;border-bottom-width:2px}
tbody th{font-weight:500}
.swatch{display:inline-block;width:22px;height:10px;margin-right:8px;vertical-align:baseline}
.best{font-weight:700}
.shown{font-weight:600}
.unshown{color:var(--muted)}
.key{display:flex;flex-wrap:wrap;gap:8px 20px;margin:12px 0 4px}
fieldset{border:0;margin:0;padding:0;display:flex;align-items:center}
legend{float:left;font-size:13px;color:var(--muted);padding:0 8px 0 0}
fieldset label{position:relative;font-size:14px;padding:4px 12px;border:1px solid var(--line);margin-left:-1px;cursor:pointer;background:var(--paper)}
fieldset label:first-of-type{border-radius:6px 0 0 6px;margin-left:0}
fieldset label:last-of-type{border-radius:0 6px 6px 0}
fieldset input{position:absolute;opacity:0;inset:0;margin:0;cursor:pointer}
fieldset label:has(:checked){background:var(--accent);border-color:var(--accent);color:#fff;z-index:1}
fieldset label:has(:focus-visible){outline:2px solid var(--text);outline-offset:2px;z-index:2}
.confusion th,.confusion td{padding:4px;text-align:center;border:1px solid var(--line);min-width:38px;font-size:13px}
.confusion td{background:color-mix(in srgb,var(--warm) calc(var(--share)*1%),transparent)}
.confusion td.hit{background:color-mix(in srgb,var(--accent) 14%,transparent)}
.confusion td.none{color:var(--muted)}
.mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(96px,1fr));gap:14px 12px;list-style:none;padding:0;margin:14px 0}
.mistakes img{width:84px;height:84px;image-rendering:pixelated;border:1px solid var(--line);border-radius:4px;display:block;background:#fff}
.mistakes span{display:block;font-size:13px;line-height:1.35;margin-top:4px}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:12px 14px;overflow-x:auto;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:12px 0}
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
summary{cursor:pointer;margin:12px 0 6px}
footer{padding-top:24px;padding-bottom:48px}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
${chosen.join("\n")}
@media (max-width:700px){
body{font-size:15px}main,header,footer{padding:0 16px}header{padding-top:24px}h1{font-size:23px}
.view svg{width:680px;max-width:none}
th:first-child{position:sticky;left:0;background:var(--paper)}
fieldset{flex-wrap:wrap}legend{float:none;width:100%}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}
}
@media screen and (prefers-color-scheme:dark){
:root{--paper:#0d1117;--text:#e6edf3;--muted:#9da7b3;--line:#303842;--soft:#161b22;--accent:#2a78bd;--warm:#ff8a3d}
${recoloured}
}
@media print{
:root{color-scheme:light}
body{font-size:10.5pt}main,header,footer{max-width:none;padding:0}
.key{display:none}
h2{break-before:auto}h2,h3{break-after:avoid}figure,table,.mistakes li,dl{break-inside:avoid}
.scroll{overflow:visible}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`;
