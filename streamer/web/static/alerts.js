// Alerts, the newest first: on the board as a column, on a page of their own with more of them.

import { get, modelIfAny } from "./api.js";
import { columns } from "./charts.js";
import { h, leadLink, replace } from "./dom.js";
import { clockNode, delay, hourOf, number } from "./format.js";
import { live } from "./live.js";
import { alertChange, alertHeadline, mainReasons, nameOf, placeOf, spoken } from "./words.js";
import { t } from "./texts.js";

const KINDS = ["threshold", "rule", "stage"];
const SHOWN_MAX = 500;

export class Alerts {
  #shown = new Map(); // alert id: its node
  #next = null;
  #kind = "";

  constructor({ limit, isPage = false }) {
    Object.assign(this, { limit, isPage });
    this.count = h("span", { class: "count" });
    this.hours = h("div", { class: "hours" });
    this.delay = h("p", { class: "hint" });
    this.list = h("ol", { class: "alerts", role: "log", "aria-live": "polite", "aria-label": t("alerts") });
    this.empty = h("div", { class: "empty", hidden: true }, h("strong", {}, t("no-alerts")), h("p", {}, t("no-alerts-what")));
    this.more = h("button", { type: "button", class: "more", hidden: true, click: () => this.#older() }, t("more"));
    this.node = h("section", { class: "panel alerts-panel", "aria-label": t("alerts") },
      h("h2", {}, t("alerts"), " ", this.count), this.hours, this.delay,
      isPage && this.#kinds(), this.empty, this.list,
      isPage ? this.more : h("a", { href: "/alerts", class: "more" }, t("all-alerts")));
    live.addEventListener("alert", ({ detail }) => this.#arrived(detail));
    live.addEventListener("stats", ({ detail }) => this.#statistics(detail));
    live.addEventListener("resumed", () => this.node.isConnected && this.refresh().catch(() => undefined));
    if (live.stats) this.#statistics(live.stats);
  }

  async refresh() {
    this.model = await modelIfAny();
    this.conditions = new Map(this.model.rules.map(({ id, when }) => [id, when]));
    const { alerts, next } = await get("/v1/alerts", { limit: this.limit, kind: this.#kind });
    for (const alert of [...alerts].reverse()) {
      live.remember(alert.alert_id);
      this.#add(alert);
    }
    if (this.#shown.size <= this.limit) this.#next = next;
    this.#tidy();
  }

  // What arrives while the page of alerts is not looked at would be in no order with what is read then.
  clear() {
    this.#shown.clear();
    this.list.replaceChildren();
  }

  #arrived(alert) {
    if (!this.model || (this.#kind && alert.kind !== this.#kind)) return;
    this.#add(alert, true);
    this.#tidy();
  }

  #add(alert, isNew = false, isOlder = false) {
    if (this.#shown.has(alert.alert_id)) return;
    const node = item(alert, this.model.stages, this.conditions, isNew);
    this.#shown.set(alert.alert_id, node);
    isOlder ? this.list.append(node) : this.list.prepend(node);
  }

  #tidy() {
    const most = this.isPage ? SHOWN_MAX : this.limit;
    while (this.list.childElementCount > most) {
      this.#shown.delete(this.list.lastElementChild.dataset.alert);
      this.list.lastElementChild.remove();
    }
    this.empty.hidden = this.list.childElementCount > 0;
    this.more.hidden = !this.#next || this.list.childElementCount >= SHOWN_MAX;
  }

  async #older() {
    const { alerts, next } = await get("/v1/alerts", { limit: this.limit, kind: this.#kind, cursor: this.#next });
    this.#next = next;
    for (const alert of alerts) this.#add(alert, false, true);
    this.#tidy();
  }

  #kinds() {
    const choose = (event) => {
      this.#kind = event.target.value;
      this.clear();
      this.refresh().catch(() => undefined);
    };
    return h("div", { class: "kinds" }, h("label", { for: "kind" }, t("kind")),
      h("select", { id: "kind", change: choose }, h("option", { value: "" }, t("any")), KINDS.map((kind) => h("option", { value: kind }, t(`kind-${kind}`)))));
  }

  #statistics({ alerts_per_hour: perHour, delay_ms: measured }) {
    const hours = perHour ?? [];
    replace(this.count, t("alerts-day", { count: number(hours.reduce((sum, [, count]) => sum + count, 0)) }));
    const labels = hours.map(([timeMs, count]) => t("alerts-hour", { hour: hourOf(timeMs), count: number(count) }));
    replace(this.hours, hours.length ? columns(hours.map(([, count]) => count), labels) : null);
    const isMeasured = measured && measured.p50 !== null && measured.p50 !== undefined;
    replace(this.delay, isMeasured ? t("delay", { p50: delay(measured.p50), p90: delay(measured.p90) }) : null);
  }
}

function item(alert, stages, conditions, isNew) {
  const about = placeOf(alert.profile, ["company", "manager"]);
  return h("li", { "data-alert": alert.alert_id, class: isNew ? "new" : null },
    h("header", {}, h("span", { class: "headline" }, alertHeadline(alert, stages)), clockNode(alert.occurred_at)),
    h("div", { class: "who" }, leadLink(alert.lead_id, nameOf(alert.lead_id, alert.profile)), about && h("small", {}, about)),
    alertBody(alert, conditions));
}

// What changed, what is to be done, and why; `isBrief` folds the reasons away.
export function alertBody(alert, conditions, isBrief = false) {
  const reasons = mainReasons(alert, conditions, alert.score);
  return [
    h("div", { class: "change" }, alertChange(alert), alert.trigger === null && h("small", {}, ` · ${t("by-time")}`)),
    isBrief ? h("details", { "data-key": alert.alert_id }, h("summary", {}, t("because")), reasons) : reasons,
    alert.action && h("div", { class: "action" }, "→ ", spoken(alert.action)),
  ];
}

export function alertsPage() {
  const alerts = new Alerts({ limit: 50, isPage: true });
  return { node: h("main", { class: "page", id: "content" }, alerts.node), title: t("alerts"), show: () => alerts.refresh() };
}
