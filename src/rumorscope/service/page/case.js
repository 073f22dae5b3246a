// One case: the post that was sent, the wait, and the answer or what went wrong.

import { Failure, askJson, formData } from "./api.js";
import { renderAnswer, renderStart } from "./answer.js";
import { byId, h } from "./dom.js";
import { t } from "./i18n.js";
import { judgment, percent } from "./words.js";

export class Case {
  #judged = null; // {post, verdict, answer}
  #failure = null;
  #running = null; // the AbortController of the request in progress
  #timer = null;

  constructor(form, { serving, askForKey }) {
    this.form = form;
    this.serving = serving;
    this.askForKey = askForKey;
    byId("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#check();
    });
    byId("cancel").addEventListener("click", () => this.#running?.abort());
  }

  render() {
    const serving = this.serving();
    const shown = this.#judged ? renderAnswer(this.#judged, serving, (failure) => this.#fail(failure)) : renderStart();
    byId("answer").replaceChildren(...shown);
    this.#renderFailure();
  }

  async #check() {
    const post = this.form.post();
    if (this.#running) return;
    if (!post.text.trim() && post.pictures.length === 0) {
      this.form.say(t("form.empty"));
      this.form.text.focus();
      return;
    }
    this.#failure = null;
    this.#renderFailure();
    this.#wait();
    try {
      const answer = await askJson("v1/explain", { method: "POST", body: formData(post), signal: this.#running.signal });
      this.#show(post, answer);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#fail(error);
    } finally {
      this.#done();
    }
  }

  #show(post, answer) {
    const [verdict] = answer.verdicts;
    this.#judged = { post, verdict, answer };
    this.render();
    byId("announce").textContent =
      verdict.error === null
        ? t("answer.announce", { judgment: judgment(verdict), probability: percent(verdict.rumor_probability) })
        : t("answer.failed");
    const shown = byId("answer");
    shown.focus({ preventScroll: true });
    if (shown.getBoundingClientRect().top > 0.6 * window.innerHeight) shown.scrollIntoView(); // it stands below the form
  }

  #fail(failure) {
    if (failure.kind === "cancelled") {
      this.form.say(t("form.cancelled"));
      return;
    }
    this.#failure = failure;
    this.#renderFailure();
    if (failure.kind === "unauthorized") this.askForKey();
  }

  #renderFailure() {
    clearInterval(this.#timer);
    byId("problem").replaceChildren(...(this.#failure ? [this.#notice(this.#failure)] : []));
  }

  #notice(failure) {
    const again = h("button", { type: "button", onclick: () => this.#check() }, t("error.again"));
    if (failure.retryAfterSeconds) this.#countDown(again, failure.retryAfterSeconds);
    const detail = failure.detail && h("p", { class: "quiet", lang: "en" }, failure.detail);
    return h("div", { class: "notice" }, h("b", {}, t(`error.${failure.kind}`)), detail || null, again);
  }

  #countDown(button, seconds) {
    const until = Date.now() + 1000 * seconds;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      button.disabled = left > 0;
      button.textContent = left > 0 ? t("error.wait", { seconds: left }) : t("error.again");
      if (left <= 0) clearInterval(this.#timer);
    };
    tick();
    this.#timer = setInterval(tick, 250);
  }

  #wait() {
    this.#running = new AbortController();
    const since = Date.now();
    const tick = () => {
      byId("waited").textContent = t("form.waiting", { seconds: Math.floor((Date.now() - since) / 1000) });
    };
    this.form.say("");
    tick();
    this.clock = setInterval(tick, 1000);
    this.#setBusy(true);
  }

  #done() {
    clearInterval(this.clock);
    this.#running = null;
    this.#setBusy(false);
  }

  #setBusy(busy) {
    byId("waiting").hidden = !busy;
    byId("cancel").hidden = !busy;
    byId("submit").disabled = busy;
    byId("form").setAttribute("aria-busy", String(busy));
  }
}
