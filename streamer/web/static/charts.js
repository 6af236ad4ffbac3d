// Charts as SVG: points in time come in as [[ms, value], ...], drawings leave. Lines are steps: a score holds until it changes.

import { h, svg } from "./dom.js";
import { axisTime, clock, number } from "./format.js";
import { t } from "./texts.js";

const SPARK = { width: 76, height: 22 };
const MARGIN = { left: 40, right: 12, top: 22, bottom: 24 };
const HEIGHT = 230;

export function sparkline(history, top) {
  if (history.length < 2) return null;
  const { width, height } = SPARK;
  const [x, y] = scales(history, top, 0, { left: 1, right: width - 4, top: 3, bottom: height - 2 });
  const [lastMs, last] = history.at(-1);
  const label = t("over-time", { from: number(history[0][1]), to: number(last) });
  return svg("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    svg("path", { class: "area", d: `${steps(history, x, y)}V${height}H${x(history[0][0])}Z` }),
    svg("path", { class: "line", d: steps(history, x, y) }),
    svg("circle", { cx: x(lastMs), cy: y(last), r: 2.2 }));
}

// A bar of 0 to 1, as a drawing: no style is written from data.
export function bar(share, attributes) {
  const width = Math.max(0, Math.min(1, share)) * 100;
  return svg("svg", { class: "bar", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true", ...attributes },
    svg("rect", { class: "trough", width: 100, height: 4 }),
    share > 0 && svg("rect", { class: "fill", width: Math.max(width, 1), height: 4 }));
}

export function columns(values, labels) {
  const top = Math.max(1, ...values);
  const width = 100 / Math.max(1, values.length);
  return svg("svg", { class: "columns", viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img", "aria-label": labels.at(-1) ?? "" },
    values.map((value, place) => {
      const height = value ? Math.max(1.5, (value / top) * 29) : 0.6;
      return svg("rect", { x: place * width + width * 0.1, width: width * 0.8, y: 30 - height, height, class: value ? "some" : "no" },
        svg("title", {}, labels[place]));
    }));
}

// Score over time with the stages as lines and the alerts as marks; drawn anew for every width, so that its words keep their size.
export function timeChart({ history, stages, alerts }) {
  const figure = h("figure", { class: "chart" });
  let drawn = 0;
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.round(contentRect.width);
    if (width && width !== drawn) figure.replaceChildren(draw((drawn = width), { history, stages, alerts }));
  }).observe(figure);
  return figure;
}

function draw(width, { history, stages, alerts }) {
  const box = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: HEIGHT - MARGIN.bottom };
  const values = history.map(([, value]) => value);
  const next = stages.find(({ at }) => at > Math.max(...values));
  const top = niceTop(Math.max(1, ...values, next?.at ?? 0));
  const bottom = Math.min(0, ...values);
  const [x, y] = scales(history, top, bottom, box);
  const span = history.at(-1)[0] - history[0][0];
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": t("over-time", { from: number(values[0]), to: number(values.at(-1)) }) },
    ticks(bottom, top).map((value) => [
      svg("line", { class: "grid", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }),
      svg("text", { class: "tick", x: box.left - 8, y: y(value) + 4, "text-anchor": "end" }, number(value))]),
    stages.filter(({ at }) => at > bottom && at <= top).map(({ name, at }) => [
      svg("line", { class: "level", x1: box.left, x2: box.right, y1: y(at), y2: y(at) }),
      svg("text", { class: "level", x: box.right, y: y(at) - 4, "text-anchor": "end" }, name)]),
    timesOf(history, width).map(([timeMs, anchor]) => svg("text", { class: "tick", x: x(timeMs), y: HEIGHT - 6, "text-anchor": anchor }, axisTime(timeMs, span))),
    svg("path", { class: "area", d: `${steps(history, x, y)}V${y(bottom)}H${x(history[0][0])}Z` }),
    svg("path", { class: "line", d: steps(history, x, y) }),
    alerts.filter(({ timeMs }) => timeMs >= history[0][0] && timeMs <= history.at(-1)[0]).map(({ timeMs, words }) =>
      svg("circle", { class: "mark", cx: x(timeMs), cy: y(valueAt(history, timeMs)), r: 4 }, svg("title", {}, words))));
  follow(drawing, { history, x, y, box });
  return drawing;
}

// The value under the pointer or finger.
function follow(drawing, { history, x, y, box }) {
  const line = svg("line", { class: "cursor", y1: box.top, y2: box.bottom });
  const dot = svg("circle", { class: "cursor", r: 3.5 });
  const text = svg("text", { class: "cursor", y: box.top + 2 });
  const cursor = svg("g", { class: "hidden" }, line, dot, text);
  drawing.append(cursor);
  drawing.addEventListener("pointermove", (event) => {
    const at = event.clientX - drawing.getBoundingClientRect().left;
    const nearest = history.reduce((best, point) => (Math.abs(x(point[0]) - at) < Math.abs(x(best[0]) - at) ? point : best));
    const place = x(nearest[0]);
    for (const [name, value] of [["x1", place], ["x2", place]]) line.setAttribute(name, value);
    dot.setAttribute("cx", place);
    dot.setAttribute("cy", y(nearest[1]));
    const isRight = place > (box.left + box.right) / 2;
    text.setAttribute("x", place + (isRight ? -8 : 8));
    text.setAttribute("text-anchor", isRight ? "end" : "start");
    text.textContent = `${number(nearest[1])} · ${clock(nearest[0])}`;
    cursor.setAttribute("class", "");
  });
  drawing.addEventListener("pointerleave", () => cursor.setAttribute("class", "hidden"));
}

function scales(history, top, bottom, box) {
  const [startMs, endMs] = [history[0][0], history.at(-1)[0]];
  const x = (timeMs) => round(box.left + ((timeMs - startMs) / Math.max(1, endMs - startMs)) * (box.right - box.left));
  const y = (value) => round(box.bottom - ((value - bottom) / Math.max(1e-9, top - bottom)) * (box.bottom - box.top));
  return [x, y];
}

function steps(history, x, y) {
  return history.map(([timeMs, value], place) => (place ? `H${x(timeMs)}V${y(value)}` : `M${x(timeMs)},${y(value)}`)).join("");
}

const round = (value) => Math.round(value * 10) / 10;
const valueAt = (history, timeMs) => (history.findLast(([at]) => at <= timeMs) ?? history[0])[1];

function step(top) {
  const rough = top / 4;
  const size = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((one) => one >= rough);
}
const niceTop = (top) => Math.ceil(top / step(top)) * step(top);

function ticks(bottom, top) {
  const size = step(top - bottom);
  const found = [];
  for (let value = Math.ceil(bottom / size) * size; value <= top + 1e-9; value += size) found.push(value);
  return found;
}

function timesOf(history, width) {
  const [startMs, endMs] = [history[0][0], history.at(-1)[0]];
  const number = width > 520 ? 5 : 2;
  return Array.from({ length: number }, (_, place) => [
    startMs + ((endMs - startMs) * place) / (number - 1),
    place === 0 ? "start" : place === number - 1 ? "end" : "middle",
  ]);
}
