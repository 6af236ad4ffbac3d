// The frame: an address comes in, the view for it is on the page. Views outlive a visit where coming back should be instant.

import { alertsPage } from "./alerts.js";
import { Board } from "./board.js";
import { h, leadAddress, replace } from "./dom.js";
import { keepTimesFresh } from "./format.js";
import { helpDialog, listen } from "./keys.js";
import { LeadPage } from "./lead.js";
import { live } from "./live.js";
import { ModelPage } from "./model.js";
import { showStatus } from "./status.js";
import { language, LANGUAGES, t, translatePage } from "./texts.js";

const place = document.getElementById("view");
const help = helpDialog();
const scrolled = new Map(); // address: how far
let unseen = 0;
let view;
const board = new Board(go);
const kept = { "/": () => board, "/alerts": once(alertsPage), "/model": once(() => new ModelPage()) };

function once(make) {
  let made;
  return () => (made ??= make());
}

function viewOf({ pathname }) {
  if (pathname.startsWith("/leads/")) {
    const leadId = decodeURIComponent(pathname.slice("/leads/".length));
    return view instanceof LeadPage && view.leadId === leadId ? view : new LeadPage(leadId);
  }
  return kept[pathname]?.() ?? { node: h("main", { class: "page", id: "content" }, h("div", { class: "empty" }, t("not-found"))), title: t("not-found"), show: () => undefined };
}

async function show({ keepScroll = false } = {}) {
  const next = viewOf(location);
  if (next !== view) {
    view?.close?.();
    view = next;
    replace(place, view.node);
  }
  document.title = `${view.title} · streamer`;
  for (const link of document.querySelectorAll("nav a")) {
    const isHere = link.pathname === location.pathname || (link.pathname === "/" && view instanceof LeadPage);
    link.ariaCurrent = isHere ? "page" : null;
  }
  if (location.pathname === "/alerts") showUnseen(0);
  if (!keepScroll) scrollTo(0, scrolled.get(location.href) ?? 0);
  await Promise.resolve(view.show(location)).catch(() => undefined); // the banner says what is wrong
}

function go(address, isTyping = false) {
  scrolled.set(location.href, scrollY);
  const isSamePage = new URL(address, location).pathname === location.pathname;
  history[isTyping ? "replaceState" : "pushState"](null, "", address);
  scrolled.delete(location.href);
  show({ keepScroll: isSamePage });
}

function showUnseen(count) {
  unseen = count;
  const badge = document.getElementById("unseen");
  badge.hidden = !count;
  replace(badge, String(Math.min(count, 99)));
}

function toggleTheme() {
  const page = document.documentElement;
  const isDark = page.dataset.theme ? page.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  page.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("theme", page.dataset.theme);
}

function toNeighbour(by) {
  if (view === board) return board.select(by);
  if (!(view instanceof LeadPage)) return scrollBy(0, by * 80);
  const leadId = board.neighbour(view.leadId, by);
  if (leadId !== undefined) go(leadAddress(leadId));
}

function search() {
  if (view !== board) go("/");
  document.getElementById("search").focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/']");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});
addEventListener("popstate", () => show());
history.scrollRestoration = "manual";

listen({
  j: () => toNeighbour(1),
  k: () => toNeighbour(-1),
  "/": search,
  Escape: () => (view === board ? document.activeElement?.blur() : go("/")),
  l: () => go("/"),
  a: () => go("/alerts"),
  m: () => go("/model"),
  t: toggleTheme,
  "?": () => help.showModal(),
});

translatePage();
document.body.append(help);
document.getElementById("theme").addEventListener("click", toggleTheme);
document.getElementById("help").addEventListener("click", () => help.showModal());
const languages = document.getElementById("language");
replace(languages, LANGUAGES.map((value) => h("option", { value, selected: value === language }, value.toUpperCase())));
languages.addEventListener("change", () => {
  localStorage.setItem("language", languages.value);
  location.reload();
});

const asked = sessionStorage.getItem("next");
sessionStorage.removeItem("next");
if (asked?.startsWith("/") && !asked.startsWith("//")) history.replaceState(null, "", asked);

live.addEventListener("alert", () => location.pathname !== "/alerts" && showUnseen(unseen + 1));
showStatus(document.getElementById("status"), document.getElementById("banner"));
keepTimesFresh();
live.start();
show();
