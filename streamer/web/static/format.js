// Numbers, points and times in the reader's language and time zone.

import { h } from "./dom.js";
import { language, t } from "./texts.js";

const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const withSign = new Intl.NumberFormat(language, { maximumFractionDigits: 2, signDisplay: "exceptZero" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const clockTime = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayTime = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const hour = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });

const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1000]];
export const DAY_MS = UNITS[0][1];

export const number = (value) => plain.format(value);
export const points = (value) => withSign.format(value);
export const milliseconds = (time) => (typeof time === "number" ? time : Date.parse(time));

export function ago(timeMs, nowMs = Date.now()) {
  const distance = timeMs - nowMs;
  if (Math.abs(distance) < 5000) return t("just-now");
  const [unit, size] = UNITS.find(([, size]) => Math.abs(distance) >= size) ?? UNITS.at(-1);
  return relative.format(Math.trunc(distance / size), unit);
}

const unitOf = (unit) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 });

// A length that somebody chose: "30 days", "36 hr"
export function duration(lengthMs) {
  const [unit, size] = UNITS.find(([, size]) => lengthMs >= size && lengthMs % size === 0) ?? UNITS.at(-1);
  return unitOf(unit).format(lengthMs / size);
}

// A delay that was measured: "47 ms", "2.3 s"; what took minutes needs no more than that word.
export function delay(lengthMs) {
  const [unit, size] = [...UNITS, ["millisecond", 1]].find(([, size]) => lengthMs >= size) ?? ["millisecond", 1];
  return unitOf(unit).format(lengthMs / size);
}

export function clock(timeMs) {
  return new Date(timeMs).toDateString() === new Date().toDateString() ? clockTime.format(timeMs) : dayTime.format(timeMs);
}

export const axisTime = (timeMs, spanMs) => (spanMs > 4 * DAY_MS ? day : spanMs > DAY_MS ? dayTime : hour).format(timeMs);
export const hourOf = (timeMs) => hour.format(timeMs);

// A time that says how long ago it was, and keeps saying so.
export function agoNode(time) {
  if (!time) return null;
  const timeMs = milliseconds(time);
  return h("time", { datetime: new Date(timeMs).toISOString(), "data-at": timeMs, title: exact.format(timeMs) }, ago(timeMs));
}

export function clockNode(time) {
  const timeMs = milliseconds(time);
  return h("time", { datetime: new Date(timeMs).toISOString(), title: exact.format(timeMs) }, clock(timeMs));
}

export function keepTimesFresh() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-at]")) {
      const text = ago(Number(node.dataset.at));
      if (node.textContent !== text) node.textContent = text;
    }
  }, 5000);
}
