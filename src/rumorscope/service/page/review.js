// The review queue: verdict files, a page of their verdicts, and the log of what people decided on them.

import { Failure, ask, askJson } from "./api.js";
import { byId, h, section } from "./dom.js";
import { download } from "./export.js";
import { t } from "./i18n.js";
import { renderItem } from "./review_item.js";

const REVIEWER = "rumorscope.reviewer";
const SIZE = 20;
const ORDERS = ["uncertainty", "probability", "filed"];
const SHOWN = ["open", "reviewed", "undecided", "errors", "all"];

export class Queue {
  on = false; // whether the server keeps a queue
  #files = [];
  #items = [];
  #total = 0;
  #asked = { file: "", order: "uncertainty", show: "open", page: 1 };
  #loads = 0; // how often a list was asked for
  #said = []; // of the last upload, or of the log
  #problem = null;

  constructor({ askForKey, check }) {
    this.askForKey = askForKey;
    this.check = check;
  }

  /** Take up what is in the queue. */
  async begin() {
    this.on = true;
    await this.attempt(async () => {
      this.#files = await askJson("v1/review/files");
      await this.#load();
    });
  }

  render() {
    if (!this.on) return;
    byId("view-review").replaceChildren(
      h("h1", {}, t("review.heading")),
      this.#loadForm(),
      h("div", { id: "review-said", role: "status" }, this.#said),
      h("div", { id: "review-problem", role: "alert" }, this.#notices()),
      this.#reviewer(),
      this.#toolbar(),
      this.#list(),
      this.#pager(),
      this.#log(),
    );
  }

  reviewer() {
    return byId("reviewer").value.trim();
  }

  /** Run a request of the queue; what goes wrong is said above the list. */
  async attempt(work) {
    this.#problem = null;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#problem = error;
      if (error.kind === "unauthorized") this.askForKey();
    }
    byIdOrNull("review-problem")?.replaceChildren(...this.#notices()); // alone: what was typed below stays
  }

  /** The counts after a decision; the item stays where it is until the list is asked for anew. */
  async recount() {
    this.#files = await askJson("v1/review/files");
    byId("review-counts").textContent = this.#counts();
  }

  async #load() {
    const query = new URLSearchParams({ ...this.#asked, size: SIZE });
    if (!this.#asked.file) query.delete("file");
    const load = ++this.#loads;
    const page = await askJson(`v1/review/items?${query}`);
    if (load !== this.#loads) return; // something else was asked for since, whose answer may be here already
    [this.#items, this.#total] = [page.items, page.total];
  }

  async #ask(changes, focus) {
    Object.assign(this.#asked, { page: 1 }, changes);
    await this.attempt(async () => {
      await this.#load();
      this.render();
      byId(focus)?.focus();
    });
  }

  #notices() {
    if (!this.#problem) return [];
    const { kind, detail } = this.#problem;
    return [h("div", { class: "notice" }, h("b", {}, t(`error.${kind}`)), detail && h("p", { class: "quiet", lang: "en" }, detail))];
  }

  #loadForm() {
    const submit = (event) => {
      event.preventDefault();
      const [verdicts] = byId("verdict-file").files;
      const [posts] = byId("posts-file").files;
      this.#upload(verdicts, posts);
    };
    return h("details", { class: "card load", open: this.#files.length === 0 }, h("summary", {}, t("review.load")),
      h("form", { id: "load-form", onsubmit: submit },
        h("label", { for: "verdict-file" }, t("review.verdicts")), h("input", { type: "file", id: "verdict-file", accept: ".jsonl" }),
        h("label", { for: "posts-file" }, t("review.posts")), h("input", { type: "file", id: "posts-file", accept: ".jsonl,.csv,.parquet" }),
        h("div", { class: "buttons" }, h("button", { class: "primary", id: "upload" }, t("review.upload")))));
  }

  async #upload(verdicts, posts) {
    if (!verdicts) {
      this.#said = [h("p", { class: "bad" }, t("review.need_file"))];
      byId("review-said").replaceChildren(...this.#said);
      return;
    }
    await this.attempt(async () => {
      const known = new Set(this.#files.map(({ id }) => id));
      let file = await send("v1/review/files", verdicts);
      if (posts) file = await send(`v1/review/files/${file.id}/posts`, posts);
      this.#files = await askJson("v1/review/files");
      this.#said = uploaded(file, known.has(file.id));
      this.#asked.file = String(file.id);
      await this.#ask({ show: "open" }, "review-counts");
    });
  }

  #reviewer() {
    const keep = ({ target }) => localStorage.setItem(REVIEWER, target.value.trim());
    const name = byIdOrNull("reviewer")?.value ?? localStorage.getItem(REVIEWER) ?? "";
    return h("div", { class: "reviewer" }, h("label", { for: "reviewer" }, t("review.reviewer")),
      h("input", { type: "text", id: "reviewer", autocomplete: "name", maxlength: 200, value: name, onchange: keep }));
  }

  #toolbar() {
    const files = [["", t("review.all_files")], ...this.#files.map((file) => [String(file.id), file.name])];
    return h("div", { class: "toolbar", role: "group", "aria-label": t("review.show") },
      this.#choice("file", t("review.file"), files),
      this.#choice("order", t("review.sort"), ORDERS.map((order) => [order, t(`review.sort.${order}`)])),
      this.#choice("show", t("review.show"), SHOWN.map((show) => [show, t(`review.show.${show}`)])),
      h("p", { class: "quiet", id: "review-counts", tabindex: "-1", role: "status" }, this.#counts()));
  }

  #choice(name, label, options) {
    const id = `review-${name}`;
    const select = h("select", { id, onchange: ({ target }) => this.#ask({ [name]: target.value }, id) },
      options.map(([value, said]) => h("option", { value, selected: value === this.#asked[name] }, said)));
    return h("div", {}, h("label", { for: id }, label), select);
  }

  #counts() {
    const files = this.#files.filter(({ id }) => !this.#asked.file || String(id) === this.#asked.file);
    const sum = (name) => files.reduce((total, file) => total + file[name], 0);
    return t("review.counts", { total: this.#total, reviewed: sum("reviewed"), all: sum("rows") });
  }

  #list() {
    if (this.#items.length === 0) return h("p", { class: "nothing" }, t("review.nothing"));
    return h("ol", { class: "queue", "aria-label": t("review.heading") }, this.#items.map((item) => renderItem(item, this)));
  }

  #pager() {
    const pages = Math.max(1, Math.ceil(this.#total / SIZE));
    const { page } = this.#asked;
    const turn = (to) => this.#ask({ page: to }, "review-counts");
    if (pages === 1) return "";
    return h("div", { class: "pager" },
      h("button", { type: "button", class: "small", disabled: page === 1, onclick: () => turn(page - 1) }, t("review.previous")),
      h("span", { class: "quiet" }, t("review.page", { page, pages })),
      h("button", { type: "button", class: "small", disabled: page === pages, onclick: () => turn(page + 1) }, t("review.next")));
  }

  #log() {
    const said = h("p", { id: "log-said", role: "status", class: "tabular" });
    const verify = () => this.attempt(async () => {
      const { intact, entries, head, broken } = await askJson("v1/review/verify");
      said.className = intact ? "tabular" : "tabular bad";
      said.textContent = intact ? t("review.intact", { entries, head }) : t("review.broken", { entry: broken });
    });
    const save = (format) => this.attempt(async () => {
      const answer = await ask(`v1/review/export?format=${format}`, { accept: "*/*" });
      download(await answer.blob(), `rumorscope-decisions.${format}`);
    });
    const button = (id, key, work) => h("button", { type: "button", class: "small", id, onclick: work }, t(key));
    return section(t("review.log"), { class: "log" }, h("p", { class: "quiet" }, t("review.log_how")),
      h("div", { class: "buttons" }, button("verify", "review.verify", verify), button("export-jsonl", "review.export_jsonl", () => save("jsonl")), button("export-csv", "review.export_csv", () => save("csv"))),
      said);
  }
}

const byIdOrNull = (id) => document.getElementById(id);

async function send(path, file) {
  const query = new URLSearchParams({ name: file.name });
  return askJson(`${path}?${query}`, { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } });
}

function uploaded(file, before) {
  const said = [h("p", {}, t("review.loaded", { name: file.name, rows: file.rows, texts: file.texts, bad: file.bad }))];
  if (before) said.push(h("p", {}, t("review.again", { name: file.name })));
  if (file.bad > 0) {
    said.push(h("details", {}, h("summary", {}, t("review.bad_rows")), h("ul", { lang: "en" }, file.bad_rows.map(({ place, reason }) => h("li", {}, `${place}: ${reason}`)))));
  }
  return said;
}
