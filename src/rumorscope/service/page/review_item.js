// One verdict of the queue, and the form in which a person decides on it.

import { tell } from "./api.js";
import { renderGauge } from "./answer.js";
import { h } from "./dom.js";
import { language, t } from "./i18n.js";
import { judgment, outcome, percent } from "./words.js";

const DECISIONS = ["rumor", "non_rumor", "cannot_tell"];

/** The item as an entry of the list; `queue` says who reviews, and counts. */
export function renderItem(item, queue) {
  const place = h("li", { class: `item ${item.verdict.error === null ? outcome(item.verdict) : "error"}`, "data-item": item.id });
  draw(place, item, queue);
  return place;
}

function draw(place, item, queue) {
  place.replaceChildren(head(item), body(item, queue), form(place, item, queue));
}

function head({ verdict }) {
  if (verdict.error !== null) return h("p", { class: "bad" }, t("review.error", { error: verdict.error }));
  return h("div", { class: "item-head" }, h("b", { class: "item-number" }, percent(verdict.rumor_probability)), h("span", {}, judgment(verdict)), renderGauge(verdict.rumor_probability, null));
}

function body(item, queue) {
  const { verdict, text } = item;
  const said = text === null ? h("p", { class: "quiet" }, t("review.no_text")) : h("p", { class: "item-text", dir: "auto" }, text);
  const check = text !== null && h("button", { type: "button", class: "small", onclick: () => queue.check(text) }, t("review.check"));
  return h("div", {}, h("div", { class: "quiet item-id" }, h("span", {}, `${verdict.id} · ${verdict.detector} · ${verdict.checkpoint}`), check), said,
    verdict.warning !== null && h("p", { class: "quiet" }, t("answer.careful", { warning: verdict.warning })));
}

function form(place, item, queue) {
  const status = h("p", { role: "status", class: "item-status" }, item.decision ? recorded(item) : "");
  const note = h("input", { type: "text", "aria-label": t("review.note"), placeholder: t("review.note_hint"), maxlength: 10000 });
  const choice = (decision) => h("label", { class: "pill" },
    h("input", { type: "radio", name: `decision-${item.id}`, value: decision, checked: item.decision?.decision === decision }), h("span", {}, t(`review.${decision}`)));
  const submit = (event) => {
    event.preventDefault();
    const decision = new FormData(event.target).get(`decision-${item.id}`);
    record(place, item, queue, { decision, note: note.value, status });
  };
  return h("form", { class: "decide", onsubmit: submit },
    h("fieldset", { class: "pills" }, h("legend", { class: "visually-hidden" }, t("review.decide", { id: item.verdict.id })), DECISIONS.map(choice)),
    note, h("button", {}, t("review.record")), status);
}

async function record(place, item, queue, { decision, note, status }) {
  const reviewer = queue.reviewer();
  if (!decision || !reviewer) {
    status.textContent = t(decision ? "review.need_name" : "review.need_decision");
    if (decision) document.getElementById("reviewer").focus();
    return;
  }
  await queue.attempt(async () => {
    const entry = await tell("v1/review/decisions", { item: item.id, decision, reviewer, note });
    const earlier = item.decision ? item.earlier + 1 : 0;
    draw(place, Object.assign(item, { decision: entry, earlier }), queue);
    await queue.recount();
    (place.nextElementSibling ?? place).querySelector("input[type=radio]").focus();
  });
}

function recorded({ decision: { entry, decision, reviewer, time, note }, earlier }) {
  const when = new Date(time).toLocaleString(language(), { dateStyle: "medium", timeStyle: "short" });
  const said = t("review.recorded", { entry, decision: t(`review.${decision}`), reviewer, time: when });
  return [said, note && ` ${t("review.note_said", { note })}`, earlier > 0 && ` ${t("review.superseded", { count: earlier })}`].filter(Boolean).join("");
}
