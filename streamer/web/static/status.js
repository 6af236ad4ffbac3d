// Whether what one sees is what is: the connection and the delay come in; a word in the header and, when needed, a banner leave.

import { duration, ago, number } from "./format.js";
import { h, replace } from "./dom.js";
import { live, STALE_MS } from "./live.js";
import { t } from "./texts.js";

export function showStatus(word, banner) {
  const show = () => {
    const [state, text] = statusNow();
    word.className = `status ${state}`;
    replace(word, h("span", { class: "dot", "aria-hidden": "true" }), t(state));
    if (banner.textContent !== text) replace(banner, text);
    banner.hidden = !text;
    document.body.classList.toggle("is-old", state === "lost" || state === "unavailable");
  };
  live.addEventListener("status", show);
  setInterval(show, 1000);
  show();
}

function statusNow() {
  const { done, of } = live.health?.rebuilding ?? {};
  if (of) return ["behind", t("rebuilding-banner", { done: number(done), of: number(of) })];
  if (live.trouble) return ["unavailable", t("trouble-banner", { why: live.trouble })];
  if (live.lostAtMs !== null) return ["lost", t("lost-banner", { ago: ago(live.lostAtMs) })];
  if (live.staleMs > STALE_MS) return ["behind", t("stale-banner", { age: duration(Math.round(live.staleMs / 1000) * 1000) })];
  return live.connected ? ["live", ""] : ["connecting", ""];
}
