// What serves the answers: what it learned from, when not to trust it, and what was measured.

import { h, section } from "./dom.js";
import { language, t } from "./i18n.js";
import { caveats, percent } from "./words.js";

const MEASURES = ["accuracy", "macro_f1", "auc"];

/** The view's content; `serving` is null until the server has told. */
export function renderModel(serving) {
  const heading = h("h1", {}, t("model.heading"));
  if (!serving) return [heading, h("p", { class: "quiet" }, t("model.loading"))];
  return [heading, facts(serving), trainedOn(serving), distrust(serving), measured(serving)];
}

function facts(serving) {
  const [low, high] = serving.undecided;
  const undecided = high > low ? `${percent(low)} – ${percent(high)}` : t("model.never");
  const reads = serving.reads.map((part) => t(`model.reads.${part}`)).join(" · ");
  const pairs = [
    ["model.detector", serving.name],
    ["model.idea", h("span", { lang: "en" }, serving.idea)],
    ["model.paper", h("span", { lang: "en" }, serving.paper)],
    ["model.checkpoint", h("code", {}, serving.checkpoint)],
    ["model.reads", reads],
    ["model.threshold", percent(serving.threshold)],
    ["model.undecided", undecided],
  ];
  return h("dl", { class: "facts" }, pairs.map(([key, value]) => [h("dt", {}, t(key)), h("dd", {}, value)]));
}

function trainedOn({ card, trained_on: folders, training_posts: posts }) {
  const data = card ? card.trained_on.map(said) : folders;
  if (data.length === 0) return section(t("model.trained"), {}, h("p", {}, t("model.trained_unknown")));
  return section(t("model.trained"), {}, h("ul", {}, data.map((name) => h("li", {}, name))),
    posts && h("p", { class: "quiet" }, t("model.posts", { posts: posts.toLocaleString(language()) })));
}

function distrust({ card, notices_unlike_posts: notices }) {
  const own = card ? card.distrust.map(said) : [];
  const unlike = notices === undefined ? [] : [t(notices ? "model.unlike" : "model.unlike_not")];
  const sentences = [...own, ...unlike, ...caveats({ evidence: null })];
  return section(t("model.distrust"), { class: "card" }, h("ul", {}, sentences.map((sentence) => h("li", {}, sentence))));
}

function measured({ card, validation }) {
  const rows = (card?.measured ?? []).flatMap((one) => [row(said(one.on), one, "row"), one.reference && row(said(one.reference.name), one.reference, null)]);
  if (rows.length === 0 && validation) rows.push(row(t("model.validation", { posts: validation.posts ?? "?" }), validation, "row"));
  if (rows.length === 0) return section(t("model.measured"), {}, h("p", {}, t("model.unmeasured")));
  const head = h("tr", {}, h("th", { scope: "col" }, t("model.measured_where")), MEASURES.map((name) => h("th", { scope: "col", class: "n" }, t(`model.${name}`))));
  return section(t("model.measured"), {}, h("p", { class: "quiet" }, t("model.measured_how")),
    h("div", { class: "scroll" }, h("table", { class: "measured" }, h("thead", {}, head), h("tbody", {}, rows))));
}

function row(name, figures, scope) {
  return h("tr", { class: scope ? null : "reference" }, h("th", { scope: "row" }, name), MEASURES.map((measure) => h("td", { class: "n" }, figure(figures[measure]))));
}

/** "0.635", with its interval below where it was measured. */
function figure(value) {
  if (value === null || value === undefined) return "";
  const [mean, low, high] = [value].flat().map((number) => number.toFixed(3));
  return low ? [mean, h("small", {}, `${low} – ${high}`)] : mean;
}

const said = (sentence) => sentence[language()];
