// The page's start: language, colors, views, the key, and what the server serves.

import { Failure, askJson, hasKey, keepKey } from "./api.js";
import { byId, h } from "./dom.js";
import { LANGUAGES, preferred, remember, use } from "./i18n.js";
import { PostForm } from "./form.js";
import { Case } from "./case.js";
import { renderModel } from "./model.js";
import { Queue } from "./review.js";

const THEME = "rumorscope.theme";
const NOT_READY_MS = 3000; // how long to wait before asking a server that still loads its model again

const page = { serving: null, form: null, queue: null };

async function start() {
  await use(preferred());
  page.form = new PostForm();
  page.case = new Case(page.form, { serving: () => page.serving, askForKey });
  page.queue = new Queue({ askForKey, check: checkText });
  setUpLanguage();
  setUpTheme();
  setUpKey();
  window.addEventListener("hashchange", () => show(true));
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address names the view
    byId("main").focus();
  });
  show(false);
  render();
  await learn();
}

/** Ask what is served, until the model is loaded; the answers are given without it too. */
async function learn() {
  let told;
  try {
    told = await askJson("v1/detectors");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.kind === "unauthorized") askForKey();
    if (error.kind === "not_ready") setTimeout(learn, NOT_READY_MS);
    return;
  }
  page.serving = told.serving;
  byId("nav-review").hidden = !told.review;
  if (told.review) await page.queue.begin();
  render();
  show(false);
}

function render() {
  page.form.render();
  page.case.render();
  page.queue.render();
  byId("view-model").replaceChildren(...renderModel(page.serving));
}

function show(focus) {
  const wanted = location.hash.slice(1);
  const queue = wanted === "review" && page.queue.on;
  const view = wanted === "model" ? "model" : queue ? "review" : "check";
  for (const name of ["check", "review", "model"]) byId(`view-${name}`).hidden = name !== view;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (focus) byId("main").focus();
}

function checkText(text) {
  page.form.setText(text);
  location.hash = "check";
}

function setUpLanguage() {
  const select = byId("language");
  select.append(...Object.entries(LANGUAGES).map(([code, name]) => h("option", { value: code, lang: code }, name)));
  select.value = preferred();
  select.addEventListener("change", async () => {
    remember(select.value);
    await use(select.value);
    render();
  });
}

function setUpTheme() {
  const select = byId("theme");
  select.value = localStorage.getItem(THEME) ?? "system";
  select.addEventListener("change", () => {
    localStorage.setItem(THEME, select.value);
    if (select.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = select.value;
  });
}

function setUpKey() {
  const dialog = byId("key-dialog");
  dialog.addEventListener("close", () => {
    const key = byId("key").value.trim();
    byId("key").value = "";
    if (dialog.returnValue !== "use" || !key) return;
    keepKey(key);
    learn();
  });
}

function askForKey() {
  const dialog = byId("key-dialog");
  if (dialog.open) return;
  byId("key-wrong").hidden = !hasKey();
  dialog.returnValue = "";
  dialog.showModal();
}

start();
