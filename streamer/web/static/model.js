// The model: what earns points, how many leads hold each rule now, and what happens at which score.

import { forgetModel, model } from "./api.js";
import { bar } from "./charts.js";
import { h, replace } from "./dom.js";
import { number } from "./format.js";
import { live } from "./live.js";
import { pointsNode, spoken, stageBadge } from "./words.js";
import { addressOf } from "./filters.js";
import { t } from "./texts.js";

export class ModelPage {
  title = t("model");

  constructor() {
    this.body = h("div", {}, h("p", { class: "hint" }, t("loading")));
    this.node = h("main", { class: "page", id: "content" }, this.body);
  }

  async show() {
    forgetModel();
    try {
      replace(this.body, content(await model()));
    } catch (error) {
      replace(this.body, h("div", { class: "empty" }, h("strong", {}, t("no-model")), h("p", {}, error.message || t("no-answer"))));
    }
  }
}

function content({ version, total, stages, thresholds, rules }) {
  return [
    h("header", { class: "person" }, h("h1", {}, t("model")), h("span", { class: "hint" }, version)),
    total && h("p", { class: "formula" }, `total = ${total}`),
    h("section", { class: "panel" }, h("h2", {}, t("rules"), " ", h("span", { class: "count" }, number(rules.length))), h("p", { class: "hint" }, t("rules-what")), rulesTable(rules)),
    h("div", { class: "columns-2 even" },
      h("section", { class: "panel" }, h("h2", {}, t("thresholds")), thresholds.length ? thresholdsTable(thresholds) : h("p", { class: "hint" }, t("no-thresholds"))),
      h("section", { class: "panel" }, h("h2", {}, t("funnel")), stages.length ? stagesList(stages) : h("p", { class: "hint" }, t("no-stages")))),
  ];
}

function rulesTable(rules) {
  const top = Math.max(1, live.stats?.leads ?? 0, ...rules.map(({ leads }) => leads)); // a full bar is every lead
  const heading = (name, attributes) => h("th", { scope: "col", ...attributes }, t(name));
  return h("table", { class: "rules" },
    h("thead", {}, h("tr", {}, heading("rule"), heading("score"), heading("points", { class: "number" }), heading("leads-now", { class: "number" }))),
    h("tbody", {}, rules.map((rule) => h("tr", {},
      h("td", {}, h("span", { class: "rule" }, rule.id), h("small", {}, rule.when)),
      h("td", {}, rule.score),
      h("td", { class: "number" }, pointsNode(rule.points)),
      h("td", { class: "number held" }, number(rule.leads), bar(rule.leads / top))))));
}

function thresholdsTable(thresholds) {
  return h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("alerts")), h("th", { scope: "col" }, t("condition")), h("th", { scope: "col" }, t("action")))),
    h("tbody", {}, thresholds.map((threshold) => h("tr", {},
      h("td", {}, h("span", { class: "rule" }, threshold.id)), h("td", {}, threshold.when), h("td", {}, threshold.action ? spoken(threshold.action) : "")))));
}

function stagesList(stages) {
  return h("ul", { class: "stage-list" }, [...stages].reverse().map(({ name, at }) => h("li", {}, h("a", { href: addressOf({ stage: name }) }, stageBadge(name, stages)), h("span", { class: "hint" }, t("from", { at: number(at) })))));
}
