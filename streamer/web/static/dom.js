// Elements from data, never from markup: every string becomes a text node or an attribute that cannot run.

const SVG = "http://www.w3.org/2000/svg";
const ATTRIBUTE = /^(?!on|style$|src)[a-z][a-zA-Z0-9-]*$/;
const ADDRESS = /^(\/(?!\/)|tel:|mailto:|#)/;

export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else if (!ATTRIBUTE.test(name)) throw new Error(`the attribute ${name} is not set from data`);
    else if (name === "href" && !ADDRESS.test(value)) throw new Error("a link leads to a page of ours, a phone or a mail");
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...present(children));
  return node;
}

export function replace(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false && child !== "");
}

export const leadAddress = (leadId) => `/leads/${encodeURIComponent(leadId)}`;

export function leadLink(leadId, text, attributes) {
  return h("a", { href: leadAddress(leadId), ...attributes }, text);
}

// Runs `work` at most once in `pauseMs`, never twice at a time; what is asked meanwhile happens once afterwards.
export function paced(work, pauseMs) {
  let busy = false;
  let again = false;
  return async function run() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      await work();
    } finally {
      setTimeout(() => {
        busy = false;
        if (again) {
          again = false;
          run();
        }
      }, pauseMs);
    }
  };
}
