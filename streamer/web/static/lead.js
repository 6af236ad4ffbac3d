// A lead's page: who it is, how it stands, why, and what happened.

import { get, leadPath, modelIfAny } from "./api.js";
import { bar, timeChart } from "./charts.js";
import { h, paced, replace } from "./dom.js";
import { agoNode, clockNode, milliseconds, number } from "./format.js";
import { live } from "./live.js";
import { whyTables } from "./reasons.js";
import { timeline } from "./timeline.js";
import { alertChange, heatOf, nameOf, placeOf, spoken, stageBadge } from "./words.js";
import { t } from "./texts.js";

const REFRESH_PAUSE_MS = 1000;
const SHOWN_ABOVE = new Set(["name", "job_title", "company", "city"]);

export class LeadPage {
  #text = "";

  constructor(leadId) {
    this.leadId = leadId;
    this.title = leadId;
    this.body = h("div", { class: "lead" });
    this.node = h("main", { class: "page", id: "content" }, h("a", { class: "back", href: "/" }, "← ", t("back")), this.body);
    const refresh = paced(() => this.#refresh().catch(() => undefined), REFRESH_PAUSE_MS);
    this.onLive = () => document.hidden || refresh();
    for (const name of ["changed", "resumed", "alert"]) live.addEventListener(name, this.onLive);
  }

  show() {
    return this.#refresh();
  }

  close() {
    for (const name of ["changed", "resumed", "alert"]) live.removeEventListener(name, this.onLive);
  }

  async #refresh() {
    const [lead, model] = await Promise.all([get(leadPath(this.leadId)).catch(absent), modelIfAny()]);
    const text = JSON.stringify({ ...lead, stale_ms: 0 });
    if (text === this.#text) return;
    this.#text = text;
    const open = new Set([...this.body.querySelectorAll("details[open]")].map((details) => details.dataset.key));
    replace(this.body, lead ? this.#content(lead, model) : noLead(this.leadId));
    for (const details of this.body.querySelectorAll("details")) details.open = open.has(details.dataset.key);
    this.title = lead ? nameOf(lead.lead_id, lead.profile) : this.leadId;
    document.title = `${this.title} · streamer`;
  }

  #content(lead, model) {
    const rules = new Map(model.rules.map((rule) => [rule.id, rule]));
    const conditions = new Map(model.rules.map(({ id, when }) => [id, when]));
    const marks = (lead.alert_history ?? []).map((alert) => ({ timeMs: milliseconds(alert.occurred_at), words: `${spoken(alert.id)}: ${alertChange(alert)}` }));
    return [
      who(lead),
      h("div", { class: "columns-2" },
        h("div", {},
          standing(lead, model),
          h("section", { class: "panel" }, h("h2", {}, t("score-over-time")),
            (lead.history?.length ?? 0) > 1 ? timeChart({ history: lead.history, stages: model.stages, alerts: marks }) : h("p", { class: "hint" }, t("no-history"))),
          h("section", { class: "panel" }, h("h2", {}, t("why")), whyTables(lead, rules))),
        h("div", {},
          h("section", { class: "panel" }, h("h2", {}, t("timeline")), timeline(lead, { rules, stages: model.stages, conditions })),
          h("section", { class: "panel" }, h("h2", {}, t("profile")), facts(lead)))),
    ];
  }
}

function who({ lead_id: leadId, profile }) {
  const phone = String(profile?.phone ?? "").replaceAll(/[^\d+]/g, "");
  return h("header", { class: "person" },
    h("div", {}, h("h1", {}, nameOf(leadId, profile)), h("p", { class: "hint" }, placeOf(profile, ["job_title", "company", "city"]))),
    h("div", { class: "contacts" },
      phone && h("a", { class: "button", href: `tel:${phone}` }, t("call", { phone: profile.phone })),
      profile?.email && h("a", { class: "button quiet", href: `mailto:${encodeURIComponent(profile.email)}` }, t("write", { email: profile.email }))));
}

function standing(lead, model) {
  const top = Math.max(1, lead.total, ...model.stages.map(({ at }) => at));
  return h("section", { class: "panel standing" },
    h("div", { class: "score" }, h("strong", { class: "value" }, number(lead.total)), h("span", { class: "hint" }, t("total")), stageBadge(lead.stage, model.stages)),
    bar(lead.total / top, { class: `bar heat-${heatOf(lead.stage, model.stages)}` }),
    model.total && h("p", { class: "formula" }, `total = ${model.total}`),
    h("p", { class: "hint" }, t("as-of", { time: "" }), clockNode(lead.updated_at)));
}

function facts(lead) {
  const known = Object.entries(lead.profile ?? {}).filter(([name]) => !SHOWN_ABOVE.has(name)).map(([name, value]) => [spoken(name), String(value)]);
  const rows = [
    ...known,
    [t("lead-id"), lead.lead_id],
    [t("events-scored"), number(lead.events)],
    [t("alerts"), number(lead.alerts)],
    [t("first-seen"), clockNode(lead.first_seen_at)],
    [t("last-event"), agoNode(lead.last_event_at)],
    [t("model-version"), lead.model_version],
  ];
  return h("dl", {}, rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function noLead(leadId) {
  return h("div", { class: "empty" }, h("strong", {}, t("no-lead", { id: leadId })), h("p", {}, t("no-lead-what")));
}

function absent(error) {
  if (error.status === 404) return null;
  throw error;
}
