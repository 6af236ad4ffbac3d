// How many leads are at each stage, as bars; a bar filters the board.

import { bar } from "./charts.js";
import { h, replace } from "./dom.js";
import { number } from "./format.js";
import { addressOf } from "./filters.js";
import { heatOf } from "./words.js";
import { t } from "./texts.js";

const STAGELESS = "none"; // the API's word for leads below all stages

export class Funnel {
  constructor() {
    this.list = h("ul", { class: "funnel" });
    this.total = h("span", { class: "count" });
    this.node = h("section", { class: "panel stages", "aria-label": t("funnel") }, h("h2", {}, t("funnel"), " ", this.total), this.list);
  }

  show({ stats, stages, filters }) {
    const counts = stats?.stages ?? {};
    const top = Math.max(1, ...Object.values(counts));
    const stageless = counts[STAGELESS] ? [{ name: STAGELESS }] : [];
    const rows = (stages.length ? [...stages].reverse().concat(stageless) : []).map(({ name }) => {
      const count = counts[name] ?? 0;
      const isChosen = filters.stage === name;
      const label = t("funnel-show", { stage: name, count: number(count) });
      return h("li", {}, h("a", { href: addressOf({ ...filters, stage: isChosen ? "" : name }), "aria-label": label, "aria-current": isChosen ? "true" : null },
        h("span", { class: "name" }, name === STAGELESS ? t("none") : name), h("span", { class: "number" }, number(count)),
        bar(count / top, { class: `bar heat-${heatOf(name, stages)}` })));
    });
    replace(this.list, rows.length ? rows : h("li", { class: "empty" }, t("no-stages")));
    replace(this.total, stats ? number(stats.leads) : "");
  }
}
