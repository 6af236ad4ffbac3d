// The list of leads: leads in their order come in; rows that keep their place under the eye, move and flash, are on the page.

import { bar, sparkline } from "./charts.js";
import { h, leadAddress, leadLink, replace } from "./dom.js";
import { agoNode, number, points } from "./format.js";
import { heatOf, mainReasons, nameOf, placeOf, scoreOf, stageBadge } from "./words.js";

const MOVE_MS = 350;
const FLASH_MS = 6000;

export class Rows {
  #rows = new Map(); // lead id: {node, text, value}
  order = [];

  constructor(open) {
    this.node = h("ol", { class: "leads" });
    this.node.addEventListener("click", (event) => {
      const row = event.target.closest("li[data-lead]");
      if (row && !event.target.closest("a") && !getSelection().toString()) open(leadAddress(row.dataset.lead));
    });
  }

  show(leads, { score, stages, conditions, top }) {
    const before = this.#places();
    const rows = new Map();
    leads.forEach((lead, place) => {
      const text = JSON.stringify([lead, place, score, top]);
      const value = scoreOf(lead, score);
      let row = this.#rows.get(lead.lead_id);
      if (!row) row = { node: h("li", { "data-lead": lead.lead_id }), since: 0 };
      if (row.text !== text) {
        if (row.value !== undefined && row.value !== value && row.score === score) Object.assign(row, { delta: value - row.value, since: Date.now() });
        const delta = Date.now() - row.since < FLASH_MS ? row.delta : 0;
        const hadFocus = row.node.contains(document.activeElement);
        replace(row.node, cells(lead, { place, value, delta, stages, conditions, top, score }));
        if (hadFocus) row.node.querySelector("a").focus({ preventScroll: true });
        Object.assign(row, { text, value, score });
      }
      rows.set(lead.lead_id, row);
    });
    this.#rows = rows;
    this.order = leads.map(({ lead_id }) => lead_id);
    this.#arrange([...rows.values()].map(({ node }) => node));
    this.#move(before);
  }

  // The row under the keys moves by `by`; it is the one with the focus.
  select(by) {
    const links = [...this.node.querySelectorAll("li > .who > a.name")];
    const now = links.indexOf(document.activeElement);
    const next = links[now < 0 ? 0 : Math.max(0, Math.min(links.length - 1, now + by))];
    next?.focus({ preventScroll: true });
    next?.closest("li").scrollIntoView({ block: "nearest" });
  }

  #arrange(nodes) {
    let next = this.node.firstChild;
    for (const node of nodes) {
      if (node === next) next = next.nextSibling;
      else {
        const focused = node.contains(document.activeElement) ? document.activeElement : null;
        this.node.insertBefore(node, next);
        focused?.focus({ preventScroll: true });
      }
    }
    while (next) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
  }

  #places() {
    return new Map([...this.#rows].map(([id, { node }]) => [id, node.getBoundingClientRect().top]));
  }

  #move(before) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const [id, { node }] of this.#rows) {
      const was = before.get(id);
      const by = was === undefined ? 0 : was - node.getBoundingClientRect().top;
      if (by && Math.abs(by) < innerHeight * 2) node.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: MOVE_MS, easing: "ease-out" });
    }
  }
}

function cells(lead, { place, value, delta, stages, conditions, top, score }) {
  const about = placeOf(lead.profile, ["company", "city"]) || (lead.profile?.name ? lead.lead_id : "");
  return [
    h("span", { class: "rank" }, number(place + 1)),
    h("div", { class: "who" }, leadLink(lead.lead_id, nameOf(lead.lead_id, lead.profile), { class: "name" }), h("small", {}, about)),
    h("div", { class: "score" },
      h("strong", { class: "value" }, number(value)),
      delta ? h("span", { class: `delta ${delta < 0 ? "minus" : "plus"}` }, points(delta)) : null,
      (!score || score === "total") && sparkline(lead.history ?? [], top),
      bar(value / top, { class: `bar heat-${heatOf(lead.stage, stages)}` })),
    h("div", { class: "at-stage" }, stageBadge(lead.stage, stages)),
    mainReasons(lead, conditions, score || "total"),
    h("div", { class: "last" }, agoNode(lead.last_event_at ?? lead.updated_at), h("small", {}, placeOf(lead.profile, ["manager"]))),
  ];
}
