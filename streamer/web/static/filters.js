// The filters of the board. The page's address is where they live: a filtered board can be sent to a colleague.

import { get } from "./api.js";
import { h, paced, replace } from "./dom.js";
import { t } from "./texts.js";

const NAMES = ["q", "stage", "score", "category", "city", "manager", "order"];
const SEARCH_PAUSE_MS = 250;
const LEARN_PAUSE_MS = 10_000;
const WIDE = matchMedia("(min-width: 48rem)"); // where the filters are always in view, as the style has it
const ORDERS = {
  hottest: {},
  coldest: { order: "asc" },
  recent: { sort: "recent" },
};

export function filtersOf(address) {
  return Object.fromEntries(NAMES.map((name) => [name, new URLSearchParams(address).get(name) ?? ""]));
}

export function addressOf(filters) {
  const parameters = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
  return parameters.size ? `/?${parameters}` : "/";
}

// What the API is asked for.
export function queryOf({ order, ...filters }) {
  return { ...filters, ...ORDERS[order] };
}

export const isFiltered = (filters) => Object.entries(filters).some(([name, value]) => value && name !== "order");

export class Filters {
  #values = filtersOf("");
  #known = { stage: new Set(), score: new Set(["total"]), category: new Set(), city: new Set(), manager: new Set() };

  // `change(filters, isTyping)` is told what was chosen
  constructor(change) {
    this.change = change;
    this.search = h("input", { type: "search", id: "search", maxlength: 200, placeholder: t("search"), "aria-label": t("search"), autocomplete: "off", spellcheck: "false", input: () => this.#typed() });
    this.fields = {
      stage: this.#select("stage"),
      score: this.#select("score"),
      category: this.#text("category"),
      city: this.#text("city"),
      manager: this.#text("manager"),
      order: h("select", { id: "order", change: () => this.#chosen("order") }, Object.keys(ORDERS).map((name) => h("option", { value: name === "hottest" ? "" : name }, t(name)))),
    };
    this.clear = h("button", { type: "button", class: "quiet", click: () => this.change(filtersOf("")) }, t("clear"));
    const boxes = Object.entries(this.fields).map(([name, field]) => h("div", {}, h("label", { for: name }, t(name)), field, this.#choices(name)));
    this.count = h("span", { class: "count" });
    WIDE.addEventListener("change", () => (this.details.open = WIDE.matches));
    this.details = h("details", { class: "filters", open: WIDE.matches },
      h("summary", {}, t("filters"), this.count), h("div", { class: "fields" }, boxes, this.clear));
    this.node = h("form", { role: "search", submit: (event) => event.preventDefault(), focusin: paced(() => this.#learn().catch(() => undefined), LEARN_PAUSE_MS) }, this.search, this.details);
  }

  show(filters) {
    this.#values = filters;
    if (document.activeElement !== this.search) this.search.value = filters.q;
    for (const [name, field] of Object.entries(this.fields)) {
      this.know(name, [filters[name]]);
      field.value = filters[name] || (name === "score" ? "total" : "");
    }
    const active = Object.keys(this.fields).filter((name) => filters[name]).length;
    replace(this.count, active ? String(active) : "");
    this.clear.hidden = !active && !filters.q;
  }

  // Values that were seen become choices.
  know(name, values) {
    const known = this.#known[name];
    if (!known) return;
    const news = values.filter((value) => value && !known.has(value) && known.size < 200);
    if (!news.length) return;
    for (const value of news) known.add(value);
    this.#offer(name);
  }

  // What there is to choose from, asked for when one begins to choose.
  async #learn() {
    const { stages, cities, managers, categories, scores } = await get("/v1/filters");
    const names = (counted) => counted.map(([name]) => name);
    this.know("stage", names(stages));
    this.know("city", names(cities));
    this.know("manager", names(managers));
    this.know("category", names(categories));
    this.know("score", scores);
  }

  #offer(name) {
    const field = this.fields[name];
    const options = [...this.#known[name]].map((value) => h("option", { value }, value));
    if (field.list) replace(field.list, options);
    else {
      replace(field, name === "score" ? null : h("option", { value: "" }, t("any")), options);
      field.value = this.#values[name] || (name === "score" ? "total" : "");
    }
  }

  #select(name) {
    return h("select", { id: name, change: () => this.#chosen(name) }, h("option", { value: name === "score" ? "total" : "" }, name === "score" ? "total" : t("any")));
  }

  #text(name) {
    return h("input", { type: "text", id: name, list: `${name}-choices`, maxlength: 200, placeholder: t("any"), autocomplete: "off", change: () => this.#chosen(name) });
  }

  #choices(name) {
    return this.fields[name].tagName === "INPUT" ? h("datalist", { id: `${name}-choices` }) : null;
  }

  #chosen(name) {
    const value = this.fields[name].value.trim();
    this.change({ ...this.#values, [name]: name === "score" && value === "total" ? "" : value });
  }

  #typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.change({ ...this.#values, q: this.search.value.trim() }, true), SEARCH_PAUSE_MS);
  }
}
