// The keyboard: a key comes in, what the page in view can do with it happens.

import { h } from "./dom.js";
import { t } from "./texts.js";

const KEYS = [
  ["j  k", "keys-move"],
  ["Enter", "keys-open"],
  ["/", "keys-search"],
  ["Esc", "keys-back"],
  ["l", "keys-leads"],
  ["a", "keys-alerts"],
  ["m", "keys-model"],
  ["t", "keys-theme"],
  ["?", "keys-help"],
];

// `actions`: what each key does, by its name in `KeyboardEvent.key`
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input, select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (isTyping) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

export function helpDialog() {
  const dialog = h("dialog", { "aria-label": t("help"), click: (event) => event.target === dialog && dialog.close() },
    h("h2", {}, t("help")),
    h("dl", {}, KEYS.map(([keys, name]) => [h("dt", {}, keys.split("  ").map((key) => [h("kbd", {}, key), " "])), h("dd", {}, t(name))])),
    h("button", { type: "button", click: () => dialog.close() }, t("close")));
  return dialog;
}
