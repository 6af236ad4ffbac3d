// Reasons, stages and alerts in words: what the API says comes in, nodes for a reader leave.

import { h } from "./dom.js";
import { number, points } from "./format.js";
import { t } from "./texts.js";

const REASONS_SHOWN = 3;
const HEATS = 4; // the classes heat-0 to heat-4 of the style

export const spoken = (id) => id.replaceAll(/[-_]+/g, " ").trim() || id;

export const nameOf = (leadId, profile) => String(profile?.name ?? "") || leadId;

export function placeOf(profile, fields = ["company", "city"]) {
  return fields.map((field) => profile?.[field]).filter((value) => value !== undefined && value !== "").join(" · ");
}

// {"interest": 33, "product": {"mens": 50}} as [["interest", 33], ["product[mens]", 50]]
export function flatScores(scores) {
  return Object.entries(scores ?? {}).flatMap(([name, value]) =>
    typeof value === "number" ? [[name, value]] : Object.entries(value ?? {}).map(([category, one]) => [`${name}[${category}]`, one]),
  );
}

export function scoreOf(lead, score) {
  if (!score || score === "total") return lead.total;
  const flat = flatScores(lead.scores);
  const exact = flat.find(([name]) => name === score);
  if (exact) return exact[1];
  return Math.max(0, ...flat.filter(([name]) => name.startsWith(`${score}[`)).map(([, value]) => value));
}

// The reasons that count for a score, the weightiest first; for the total those of all scores without categories.
export function reasonsFor(reasons, scores, score = "total") {
  const [name, category] = score.split(/\[(.*)\]$/s);
  const counts = (reason) =>
    name === "total" && category === undefined
      ? typeof scores?.[reason.score] !== "object"
      : reason.score === name && (category === undefined || String(reason.value) === category);
  return (reasons ?? []).filter(counts).sort((one, other) => Math.abs(other.points) - Math.abs(one.points));
}

// What counts for the score comes first; what counts elsewhere (which product the lead wants) follows, in grey.
export function mainReasons(lead, conditions, score) {
  const counting = reasonsFor(lead.reasons, lead.scores, score);
  const others = (lead.reasons ?? []).filter((reason) => !counting.includes(reason));
  const item = (reason) => h("li", { title: conditions?.get(reason.rule), class: counting.includes(reason) ? null : "other" }, pointsNode(reason.points), " ", reasonWords(reason));
  return h("ul", { class: "reasons" }, [...counting, ...others].slice(0, REASONS_SHOWN).map(item));
}

export function reasonWords(reason) {
  const value = reason.value === undefined || reason.value === null ? "" : ` (${reason.value})`;
  return `${spoken(reason.rule)}${value}${reason.times > 1 ? ` ×${number(reason.times)}` : ""}`;
}

export function pointsNode(value) {
  return h("b", { class: value < 0 ? "minus" : "plus" }, points(value));
}

export function heatOf(stage, stages) {
  const place = stages.findIndex(({ name }) => name === stage);
  return place <= 0 ? 0 : Math.round((place / (stages.length - 1)) * HEATS);
}

export function stageBadge(stage, stages) {
  return stage === null || stage === undefined ? null : h("span", { class: `stage heat-${heatOf(stage, stages)}` }, stage);
}

// The stage of a number: the last one that begins at or below it.
export function stageAt(value, stages) {
  return stages.findLast(({ at }) => value >= at)?.name;
}

export function alertHeadline(alert, stages) {
  if (alert.kind === "stage") return [t("stage"), " → ", stageBadge(alert.value, stages) ?? t("none")];
  const value = alert.value === null || alert.value === undefined ? "" : ` (${alert.value})`;
  return [h("b", {}, spoken(alert.id) + value), " ", alert.kind === "rule" ? "" : arrow(alert.direction)];
}

export function alertChange(alert) {
  // A threshold with a value is a category that leads: its bound is the distance to the next one.
  const isLead = alert.kind === "threshold" && alert.value !== null && alert.value !== undefined;
  const line = alert.at === null || alert.at === undefined ? "" : `, ${t(isLead ? "ahead-by" : "line-at", { at: number(alert.at) })}`;
  return `${alert.score} ${number(alert.before)} → ${number(alert.after)}${line}`;
}

export function arrow(direction) {
  return h("span", { class: direction === "down" ? "minus" : "plus", role: "img", "aria-label": t(direction) }, direction === "down" ? "↓" : "↑");
}
