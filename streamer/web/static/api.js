// The HTTP API: a path and parameters come in, decoded JSON or an ApiError leaves.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function get(path, parameters, signal) {
  const address = new URL(path, location.origin);
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (value !== undefined && value !== null && value !== "") address.searchParams.set(name, value);
  }
  let response;
  try {
    response = await fetch(address, { signal, headers: { accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "");
  }
  if (response.status === 401) toLogin();
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, body.error ?? response.statusText);
  return body;
}

export const leadPath = (leadId) => `/v1/leads/${encodeURIComponent(leadId)}`;

// The model changes with a restart of the worker, not while one looks.
let modelPromise;
export function model() {
  modelPromise ??= get("/v1/model").catch((error) => {
    modelPromise = undefined;
    throw error;
  });
  return modelPromise;
}
export const forgetModel = () => (modelPromise = undefined);
export const modelIfAny = () => model().catch(() => ({ version: "", stages: [], thresholds: [], rules: [] }));

// A filter may return short pages: reads on until there are `wanted` leads, or no more, or it was asked often enough.
const PAGE = 200;
const REQUESTS_MAX = 8;
export async function leads(filters, wanted, signal) {
  const found = { leads: [], next: null, stale_ms: 0 };
  for (let request = 0; request < REQUESTS_MAX && found.leads.length < wanted; request++) {
    const limit = Math.min(PAGE, wanted - found.leads.length);
    const page = await get("/v1/leads", { ...filters, limit, cursor: found.next }, signal);
    found.leads.push(...page.leads);
    found.next = page.next;
    found.stale_ms = page.stale_ms;
    if (!page.next) break;
  }
  return found;
}

function toLogin() {
  sessionStorage.setItem("next", location.pathname + location.search);
  location.assign("/login");
}
