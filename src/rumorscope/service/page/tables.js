// What the probability becomes without a thing, and claims beside what is known, as tables.

import { h, s, section } from "./dom.js";
import { t } from "./i18n.js";
import * as words from "./words.js";

/** The probability without text, pictures, and each region; null where nothing was measured. */
export function renderChanges(verdict, measured) {
  if (measured.length === 0) return null;
  const rows = measured.map((absence) => changeRow(t("changes.without", { what: absence.what }), absence, verdict.rumor_probability));
  return section(t("changes.heading"), {}, h("p", { class: "quiet" }, t("changes.how")),
    h("table", {}, changesHead(t("changes.column")), h("tbody", {}, wholeRow(verdict.rumor_probability), rows)));
}

/** The probability with each way of going wrong ruled out; null where no detector told them apart. */
export function renderModes(verdict) {
  const modes = words.failureModes(verdict);
  if (modes.length === 0) return null;
  const rows = modes.map((mode) => changeRow(mode.what, mode, verdict.rumor_probability));
  return section(t("mode.heading"), {}, h("p", {}, words.restsOn(verdict, modes)), h("p", { class: "quiet" }, t("mode.how")),
    h("table", {}, changesHead(t("mode.column")), h("tbody", {}, rows)));
}

/** Each claim with the nearest known triple. */
export function renderClaims(claims) {
  const head = h("tr", {}, column(t("claims.said")), column(t("claims.known")), column(t("claims.deviation"), "n"), column(t("claims.weight"), "n"));
  const rows = claims.map((claim) => h("tr", {},
    h("td", { dir: "auto" }, words.triple(claim.triple)),
    h("td", { dir: "auto" }, claim.known && [words.triple(claim.known), h("br")], h("span", { class: "quiet" }, words.deviation(claim))),
    h("td", { class: "n" }, claim.deviation === null ? "" : claim.deviation.toFixed(2)),
    h("td", { class: "n" }, claim.known ? words.percent(claim.weight) : "")));
  return section(t("claims.heading"), {}, h("p", { class: "quiet" }, t("claims.how")),
    h("div", { class: "scroll" }, h("table", { class: "claims" }, h("thead", {}, head), h("tbody", {}, rows))));
}

const column = (name, kind = null) => h("th", { scope: "col", class: kind }, name);
const at = (p) => `${(100 * p).toFixed(1)}%`;

function changesHead(what) {
  const axis = s("svg", { class: "axis", role: "img", "aria-label": t("changes.axis") },
    s("text", { x: 0, y: 14 }, "0%"), s("text", { x: "50%", y: 14, "text-anchor": "middle" }, "50%"), s("text", { x: "100%", y: 14, "text-anchor": "end" }, "100%"));
  return h("thead", {}, h("tr", {}, column(what), h("th", { scope: "col", class: "plot" }, axis), column(t("changes.probability"), "n"), column(t("changes.change"), "n change")));
}

function wholeRow(own) {
  return row(t("changes.whole"), "whole", [s("circle", { cx: at(own), cy: "50%", r: 6 })], words.percent(own), "");
}

function changeRow(label, { probability, change }, own) {
  const way = change < 0 ? "down" : "up";
  const marks = [
    s("line", { class: "own", x1: at(own), x2: at(own), y1: 0, y2: "100%" }),
    s("line", { class: way, x1: at(own), x2: at(probability), y1: "50%", y2: "50%" }),
    s("circle", { class: way, cx: at(probability), cy: "50%", r: 5 }),
  ];
  return row(label, null, marks, words.percent(probability), words.points(change));
}

function row(label, kind, marks, probability, change) {
  const grid = s("line", { class: "grid", x1: "50%", x2: "50%", y1: 0, y2: "100%" });
  return h("tr", { class: kind }, h("th", { scope: "row" }, label), h("td", { class: "plot" }, s("svg", { "aria-hidden": "true" }, grid, marks)),
    h("td", { class: "n" }, probability), h("td", { class: "n change" }, change));
}
