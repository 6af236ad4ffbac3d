// What happens while one looks: server-sent events and a regular look at the statistics come in, DOM events leave.
//   alert    a new alert, once each
//   changed  some leads' scores moved
//   stats    the newest statistics
//   status   `connected`, `staleMs`, `trouble` or `health` changed
//   resumed  the connection is back: what happened meanwhile must be asked for

import { ApiError, get } from "./api.js";
import { t } from "./texts.js";

const STATS_EACH_MS = 5000;
const RETRY_MS = [1000, 2000, 5000, 10_000];
const REMEMBERED_ALERTS = 2000;
export const STALE_MS = 10_000;

class Live extends EventTarget {
  connected = false;
  staleMs = 0;
  trouble = null; // the server's words when it answers that it cannot
  health = null; // what it says of itself, asked for when something is wrong
  lostAtMs = null;
  stats = null;
  #source = null;
  #retry = 0;
  #failures = 0;
  #seen = new Set();

  start() {
    this.#connect();
    this.#lookAtStats();
    setInterval(() => document.hidden || this.#lookAtStats(), STATS_EACH_MS);
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#rest() : this.#wake()));
  }

  remember(alertId) {
    const isNew = !this.#seen.has(alertId);
    this.#seen.add(alertId);
    if (this.#seen.size > REMEMBERED_ALERTS) this.#seen.delete(this.#seen.values().next().value);
    return isNew;
  }

  // A browser has few connections to one server: tabs that nobody looks at leave theirs to the others.
  #rest() {
    clearTimeout(this.#retry);
    this.#source?.close();
  }

  #wake() {
    this.#rest();
    this.#connect();
    this.#lookAtStats();
  }

  #connect() {
    const source = (this.#source = new EventSource("/v1/alerts/stream"));
    source.addEventListener("open", () => {
      this.#failures = 0;
      this.#connection(true);
      this.#tell("resumed");
    });
    source.addEventListener("error", () => {
      this.#connection(false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      this.#retry = setTimeout(() => this.#connect(), RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)]);
      this.#lookAtStats(); // it says why, or that a login is needed
    });
    source.addEventListener("alert", (event) => {
      const alert = JSON.parse(event.data);
      if (this.remember(alert.alert_id)) this.#tell("alert", alert);
    });
    source.addEventListener("changed", () => this.#tell("changed"));
  }

  async #lookAtStats() {
    try {
      this.stats = await get("/v1/stats");
      this.staleMs = this.stats.stale_ms;
      this.trouble = null;
      this.health = this.staleMs > STALE_MS ? await healthIfAny() : null;
      this.#tell("stats", this.stats);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 0) this.#connection(false);
      else [this.trouble, this.health] = [error.message || t("no-answer"), await healthIfAny()];
    }
    this.#tell("status");
  }

  #connection(connected) {
    if (this.connected === connected && (connected || this.lostAtMs !== null)) return;
    this.connected = connected;
    this.lostAtMs = connected ? null : Date.now();
    this.#tell("status");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// It answers 503 with its reasons when something is wrong.
async function healthIfAny() {
  try {
    return await (await fetch("/health")).json();
  } catch {
    return null;
  }
}

export const live = new Live();
