// Elements out of plain values. Text only ever arrives as text nodes: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element; `attributes` may hold listeners ("onclick") and booleans, children strings, nodes, null. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG, whose colors are attributes: the page's policy allows no style in markup. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** The one element with that id; a misspelt id is a bug, and is told at once. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found;
}

/** A section with a heading that names it. */
export function section(heading, attributes, ...children) {
  const id = `section-${section.count++}`;
  return h("section", { ...attributes, "aria-labelledby": id }, h("h2", { id }, heading), ...children);
}
section.count = 0;

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}
