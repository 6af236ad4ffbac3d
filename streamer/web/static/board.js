// The board: whom to call now and why, the stages, and the alerts as they come.

import { Alerts } from "./alerts.js";
import { leads, modelIfAny } from "./api.js";
import { h, paced, replace } from "./dom.js";
import { addressOf, Filters, filtersOf, isFiltered, queryOf } from "./filters.js";
import { Funnel } from "./funnel.js";
import { live } from "./live.js";
import { Rows } from "./rows.js";
import { scoreOf } from "./words.js";
import { t } from "./texts.js";

const SHOWN_FIRST = 50;
const SHOWN_MAX = 500;
const REFRESH_PAUSE_MS = 500;
const HOLD_MS = 1500;
const ALERTS_SHOWN = 30;

export class Board {
  title = t("leads");
  #wanted = SHOWN_FIRST;
  #filters = filtersOf("");
  #asked = new AbortController();
  #pointedMs = 0;
  #held = 0;

  constructor(go) {
    this.filters = new Filters((filters, isTyping) => go(addressOf(filters), isTyping));
    this.rows = new Rows(go);
    this.funnel = new Funnel();
    this.alerts = new Alerts({ limit: ALERTS_SHOWN });
    this.empty = h("div", { class: "empty", hidden: true });
    this.more = h("button", { type: "button", class: "more", hidden: true, click: () => this.#showMore() }, t("more"));
    this.node = h("main", { class: "board", id: "content" },
      h("section", { class: "hot", "aria-label": t("hot-leads") }, h("h1", {}, t("hot-leads")), this.filters.node, this.rows.node, this.empty, this.more),
      h("aside", {}, this.funnel.node, this.alerts.node));
    this.refresh = paced(() => this.#refreshUnlessPointedAt().catch(() => undefined), REFRESH_PAUSE_MS);
    for (const name of ["changed", "resumed"]) live.addEventListener(name, () => this.#isLookedAt() && this.refresh());
    this.rows.node.addEventListener("pointermove", () => (this.#pointedMs = Date.now()));
    live.addEventListener("stats", () => this.#isLookedAt() && this.#showFunnel());
    live.addEventListener("status", () => this.#isLookedAt() && this.rows.order.length === 0 && this.refresh());
  }

  async show(address) {
    const filters = filtersOf(address.search);
    if (addressOf(filters) !== addressOf(this.#filters)) this.#wanted = SHOWN_FIRST;
    this.#filters = filters;
    this.#asked.abort();
    await Promise.all([this.#refresh(), this.alerts.refresh()]);
  }

  select(by) {
    this.rows.select(by);
  }

  neighbour(leadId, by) {
    const place = this.rows.order.indexOf(leadId);
    return place < 0 ? undefined : this.rows.order[place + by];
  }

  // Rows do not run away from a pointer that is about to choose one: they move when it rests.
  async #refreshUnlessPointedAt() {
    clearTimeout(this.#held);
    if (Date.now() - this.#pointedMs < HOLD_MS) this.#held = setTimeout(() => this.#isLookedAt() && this.refresh(), HOLD_MS);
    else await this.#refresh();
  }

  #isLookedAt() {
    return this.node.isConnected && !document.hidden;
  }

  async #refresh() {
    const asked = (this.#asked = new AbortController());
    const filters = this.#filters;
    this.filters.show(filters);
    const [model, found] = await Promise.all([modelIfAny(), leads(queryOf(filters), this.#wanted, asked.signal).catch(refused)]);
    if (asked.signal.aborted) return;
    this.model = model;
    this.filters.know("stage", model.stages.map(({ name }) => name));
    this.#showFunnel();
    const top = Math.max(1, ...this.model.stages.map(({ at }) => at), ...found.leads.map((lead) => scoreOf(lead, filters.score)));
    const conditions = new Map(this.model.rules.map(({ id, when }) => [id, when]));
    this.rows.show(found.leads, { score: filters.score, stages: this.model.stages, conditions, top });
    this.more.hidden = !found.next || this.#wanted >= SHOWN_MAX;
    this.empty.hidden = found.leads.length > 0;
    replace(this.empty, found.leads.length ? null : found.refusal || isFiltered(filters) ? this.#noMatch(found.refusal) : noLeads());
  }

  #showFunnel() {
    this.funnel.show({ stats: live.stats, stages: this.model?.stages ?? [], filters: this.#filters });
  }

  #showMore() {
    this.#wanted += SHOWN_FIRST;
    this.#refresh().catch(() => undefined);
  }

  #noMatch(refusal) {
    return [h("p", {}, refusal ?? t("no-match")), h("button", { type: "button", click: () => this.filters.clear.click() }, t("clear"))];
  }
}

function noLeads() {
  return [h("strong", {}, t("no-leads")), h("p", {}, t("no-leads-what")), h("pre", {}, "streamer worker\nstreamer simulate --leads 1000 --rate 50")];
}

// Filters that the API does not know, as from an address that somebody wrote by hand, match nothing, and it says why.
function refused(error) {
  if (error.status !== 400) throw error;
  return { leads: [], next: null, refusal: error.message };
}
