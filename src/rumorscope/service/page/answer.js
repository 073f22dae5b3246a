// The answer to one post, from the number down to what it rests on.

import { h, s, section } from "./dom.js";
import { renderExport } from "./export.js";
import { t } from "./i18n.js";
import { renderPicture } from "./picture.js";
import { renderChanges, renderClaims, renderModes } from "./tables.js";
import * as words from "./words.js";

/** What stands where the answer will be. */
export function renderStart() {
  const lines = ["start.answer", "start.why", "start.doubt"].map((key) => h("li", {}, t(key)));
  const doubts = ["caveat.no_fact", "caveat.unseen", "caveat.person"].map((key) => h("li", {}, t(key)));
  return [
    section(t("start.heading"), { class: "card" }, h("ul", {}, lines)),
    section(t("caveat.heading"), { class: "card" }, h("ul", {}, doubts)),
  ];
}

/** The whole answer; `failed` is told when an export goes wrong. */
export function renderAnswer({ post, verdict, answer }, serving, failed) {
  if (verdict.error !== null) {
    return [h("div", { class: "notice" }, h("b", {}, t("answer.failed")), h("p", { lang: "en" }, verdict.error))];
  }
  const evidence = verdict.evidence;
  const measured = words.absences(verdict, post.pictures.length);
  const faithful = words.faithfulness(evidence);
  return [
    renderVerdict(post, verdict, serving, measured),
    renderExport({ post, verdict, answer }, failed),
    section(t("answer.post"), {}, post.text.trim() ? h("blockquote", { dir: "auto", lang: post.language || null }, post.text) : h("p", { class: "quiet" }, t("answer.no_text"))),
    ...post.pictures.map((picture, index) => renderPicture(picture, index, post.pictures.length, evidence)),
    evidence.claims.length ? renderClaims(evidence.claims) : null,
    faithful && section(t("faithfulness.heading"), {}, h("p", {}, faithful)),
    renderModes(verdict),
    renderChanges(verdict, measured),
    section(t("caveat.heading"), { class: "card" }, h("ul", {}, words.caveats(verdict).map((sentence) => h("li", {}, sentence))),
      h("p", {}, h("a", { href: "#model" }, t("caveat.more")))),
  ].filter(Boolean);
}

function renderVerdict(post, verdict, serving, measured) {
  const p = verdict.rumor_probability;
  const missing = verdict.missing?.split("; ").map(words.said).join("; ");
  const reasons = words.reasons(post, verdict, measured);
  return h("section", { class: `verdict ${words.outcome(verdict)}`, "aria-labelledby": "judgment" },
    h("div", {}, h("p", { class: "big" }, words.percent(p)), h("p", { class: "unit" }, t("answer.probability"))),
    h("div", {},
      h("h2", { id: "judgment" }, words.judgment(verdict)),
      h("p", {}, words.howSure(verdict)),
      verdict.abstained !== null && h("p", { class: "abstained" }, words.abstention(verdict, serving)),
      verdict.warning !== null && h("p", { class: "abstained" }, t("answer.careful", { warning: verdict.warning })),
      renderGauge(p, serving),
      missing && h("p", { class: "quiet" }, t("answer.missing", { missing })),
      reasons.length > 0 && h("ul", { class: "reasons" }, reasons.map((reason) => h("li", {}, reason)))));
}

/** The probability on a bar, with the threshold, and the band in which the detector does not decide. */
export function renderGauge(p, serving) {
  const share = (value) => `${(100 * value).toFixed(1)}%`;
  const [low, high] = serving?.undecided ?? [0, 0];
  const banded = high > low;
  const values = { probability: words.percent(p), low: words.percent(low), high: words.percent(high), threshold: serving && words.percent(serving.threshold) };
  const label = t(banded ? "answer.gauge_band" : serving ? "answer.gauge" : "answer.gauge_bare", values);
  const middle = !serving ? "" : [t("answer.threshold", values), banded ? t("answer.band", values) : ""].filter(Boolean).join(" · ");
  return h("div", {},
    s("svg", { class: "gauge", role: "img", "aria-label": label },
      s("rect", { class: "track", y: 8, width: "100%", height: 10, rx: 5 }),
      banded && s("rect", { class: "band", x: share(low), y: 0, width: share(high - low), height: 26, rx: 3 }),
      s("rect", { class: "fill", y: 8, width: share(p), height: 10, rx: 5 }),
      serving && s("line", { class: "tick", x1: share(serving.threshold), x2: share(serving.threshold), y1: 0, y2: 26 })),
    h("p", { class: "ends", "aria-hidden": "true" }, h("span", {}, t("answer.no_rumor")), h("span", {}, middle), h("span", {}, t("answer.rumor"))));
}
