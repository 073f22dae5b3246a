// The interface's two languages. Both files have the same keys and placeholders; a test holds them to it.

export const LANGUAGES = { en: "English", zh: "中文" };
const STORED = "rumorscope.language";
const TAGS = { en: "en", zh: "zh-Hans" };

let strings = {};
let current = "en";

export const language = () => current;

/** The sentence of that key, its {placeholders} filled in. */
export function t(key, values = {}) {
  const sentence = strings[key];
  if (sentence === undefined) throw new Error(`no sentence "${key}"`);
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Whether there is such a sentence, where keys stem from answers of the server. */
export const has = (key) => Object.hasOwn(strings, key);

/** What the reader chose before, or what the browser asks for. */
export function preferred() {
  const stored = localStorage.getItem(STORED);
  if (stored in LANGUAGES) return stored;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** Fetch a language, remember it, and put it into every element that names its sentence. */
export async function use(chosen) {
  const answer = await fetch(`strings.${chosen}.json`);
  if (!answer.ok) throw new Error(`strings.${chosen}.json: ${answer.status}`);
  strings = await answer.json();
  current = chosen;
  document.documentElement.lang = TAGS[chosen];
  document.title = t("title");
  fillIn(document);
}

export const remember = (chosen) => localStorage.setItem(STORED, chosen);

function fillIn(root) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-t-label]")) element.setAttribute("aria-label", t(element.dataset.tLabel));
  for (const element of root.querySelectorAll("[data-t-placeholder]")) element.placeholder = t(element.dataset.tPlaceholder);
}
