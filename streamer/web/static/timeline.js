// What happened to a lead and what is ahead: evidence, alerts and the model come in; one list leaves, the newest first.

import { alertBody } from "./alerts.js";
import { h } from "./dom.js";
import { agoNode, clockNode, milliseconds, number } from "./format.js";
import { lifeOf } from "./reasons.js";
import { alertHeadline, pointsNode, reasonWords } from "./words.js";
import { t } from "./texts.js";

const AHEAD_MAX = 10;

export function timeline(lead, { rules, stages, conditions }) {
  const past = [...events(lead), ...(lead.alert_history ?? []).map((alert) => ({ timeMs: milliseconds(alert.occurred_at), alert }))];
  past.sort((one, other) => other.timeMs - one.timeMs);
  const ahead = endings(lead, rules);
  if (!past.length && !ahead.length) return h("p", { class: "hint" }, t("no-timeline"));
  return [
    ahead.length > 0 && h("section", { class: "ahead" }, h("h3", {}, t("ahead")), h("ul", {}, ahead.map(({ timeMs, reason, isWhole }) => h("li", {},
      agoNode(timeMs), h("span", {}, reasonWords({ ...reason, times: 1 }), " ", isWhole && pointsNode(-reason.points)))))),
    h("ol", { class: "timeline" }, past.map(({ timeMs, alert, event, reasons }) =>
      alert
        ? h("li", { class: "alert" }, clockNode(timeMs), h("div", {}, h("span", { class: "headline" }, alertHeadline(alert, stages)), alertBody(alert, conditions, true)))
        : h("li", {}, clockNode(timeMs), h("div", {}, h("span", { class: "topic" }, event.topic), h("ul", { class: "reasons" }, reasons.map(({ reason, isEarner }) => h("li", { title: conditions.get(reason.rule) }, earned(reason, isEarner)))))))),
  ];
}

// One line for each event, with all the rules it counted for.
function events(lead) {
  const found = new Map();
  for (const reason of lead.reasons ?? []) {
    const evidence = reason.evidence ?? [];
    const newestMs = Math.max(...evidence.map(({ occurred_at }) => milliseconds(occurred_at)));
    for (const event of evidence) {
      const place = `${event.topic}/${event.partition}/${event.offset}`;
      if (!found.has(place)) found.set(place, { timeMs: milliseconds(event.occurred_at), event, reasons: [] });
      // Points that several events hold together are shown once, at the newest.
      const isEarner = reason.times !== 1 || milliseconds(event.occurred_at) === newestMs;
      found.get(place).reasons.push({ reason, isEarner });
    }
  }
  return [...found.values()];
}

// Of points that were earned several times only their sum is known.
function earned(reason, isEarner) {
  const words = reasonWords({ ...reason, times: 1 });
  if (!isEarner) return [words];
  return reason.times === 1 ? [pointsNode(reason.points), " ", words] : [words, " ", h("small", {}, pointsNode(reason.points), ` ×${number(reason.times)}`)];
}

// The next end of each rule's points, as far as the newest evidence tells.
function endings(lead, rules) {
  const found = (lead.reasons ?? []).flatMap((reason) => {
    const lengthMs = rules.has(reason.rule) && lifeOf(rules.get(reason.rule));
    const times = (reason.evidence ?? []).map(({ occurred_at }) => milliseconds(occurred_at));
    if (!lengthMs || !times.length) return [];
    const isHeld = rules.get(reason.rule).form !== "plain";
    const nextMs = isHeld ? Math.max(...times) : Math.min(...times.filter((timeMs) => timeMs + lengthMs > Date.now()));
    return { timeMs: nextMs + lengthMs, reason, isWhole: isHeld || reason.times === 1 };
  });
  return found.filter(({ timeMs }) => timeMs > Date.now()).sort((one, other) => one.timeMs - other.timeMs).slice(0, AHEAD_MAX);
}
