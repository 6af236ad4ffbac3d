// Why a score is what it is: a lead and the model come in; a table for each score leaves, whose points add up.

import { h } from "./dom.js";
import { ago, clockNode, duration, milliseconds, number } from "./format.js";
import { flatScores, pointsNode, reasonsFor } from "./words.js";
import { t } from "./texts.js";

const ENOUGH = 1e-6; // scores come rounded to 6 decimals

export function whyTables(lead, rules) {
  return flatScores(lead.scores).map(([name, value]) => whyTable(name, value, reasonsFor(lead.reasons, lead.scores, name), rules));
}

function whyTable(name, value, reasons, rules) {
  const sum = Math.round(reasons.reduce((total, { points }) => total + points, 0) * 1e6) / 1e6;
  const head = h("header", {}, h("h3", {}, name), h("strong", { class: "value" }, number(value)));
  if (!reasons.length) return h("section", { class: "why", "data-score": name }, head, h("p", { class: "hint" }, t("no-reasons")));
  const isLimited = Math.abs(sum - value) > ENOUGH;
  return h("section", { class: "why", "data-score": name }, head,
    h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("rule")), h("th", { scope: "col", class: "number" }, t("times")), h("th", { scope: "col", class: "ends" }, t("ends")), h("th", { scope: "col", class: "number" }, t("points")))),
      h("tbody", {}, reasons.map((reason) => row(reason, rules.get(reason.rule)))),
      h("tfoot", {},
        h("tr", { class: "sum" }, h("th", { scope: "row", colspan: 3 }, t("sum")), h("td", { class: "number" }, number(sum))),
        isLimited && h("tr", { class: "limited" }, h("th", { scope: "row", colspan: 3 }, t("limited")), h("td", { class: "number" }, number(value))))));
}

function row(reason, rule) {
  const value = reason.value === undefined || reason.value === null ? null : h("span", { class: "of" }, String(reason.value));
  return h("tr", { "data-points": reason.points },
    h("td", {}, h("span", { class: "rule" }, reason.rule), value, rule && h("small", {}, rule.when), evidence(reason)),
    h("td", { class: "number" }, number(reason.times)),
    h("td", { class: "ends" }, endOf(reason, rule)),
    h("td", { class: "number" }, pointsNode(reason.points)));
}

function evidence(reason) {
  const found = reason.evidence ?? [];
  if (!found.length) return null;
  return h("details", { "data-key": `${reason.rule} ${reason.value ?? ""}` }, h("summary", {}, t("evidence", { count: number(found.length) })),
    h("ul", {}, [...found].reverse().map((one) => h("li", {}, clockNode(one.occurred_at), " ", h("span", {}, t("record", one)), h("code", {}, one.event_id)))));
}

// When time alone takes the points away, as far as the model and the newest evidence tell.
function endOf(reason, rule) {
  if (!rule) return null;
  if (rule.half_life_ms) return t("halves", { length: duration(rule.half_life_ms) });
  const lengthMs = lifeOf(rule);
  const newestMs = Math.max(...(reason.evidence ?? []).map(({ occurred_at }) => milliseconds(occurred_at)));
  if (lengthMs) return Number.isFinite(newestMs) ? t(reason.times > 1 ? "ends-latest" : "ends-at", { ago: ago(newestMs + lengthMs) }) : duration(lengthMs);
  return isHeld(rule) ? t("while-true") : t("stays");
}

// How long after its newest event a rule's points can last; undefined when time alone does not end them.
export function lifeOf(rule) {
  if (rule.expires_after_ms) return rule.expires_after_ms;
  return isHeld(rule) && (rule.form === "count" || rule.form === "all") ? rule.within_ms : undefined;
}

function isHeld({ form, award }) {
  return (award ?? "while") === "while" && ["count", "all", "after", "profile"].includes(form);
}
