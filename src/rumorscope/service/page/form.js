// The post that is to be judged: its text, its pictures, its language.

import { byId, h } from "./dom.js";
import { t } from "./i18n.js";

export const POST_LANGUAGES = ["en", "zh", "ja", "es", "fr", "de", "pt", "ru", "ar"];

export class PostForm {
  constructor() {
    this.pictures = []; // {file, url}
    this.text = byId("text");
    this.language = byId("post-language");
    this.#listen();
  }

  /** What the form holds now; the pictures' object URLs live until the page is left. */
  post() {
    return { text: this.text.value, language: this.language.value, pictures: [...this.pictures] };
  }

  setText(text) {
    this.#clear();
    this.text.value = text;
  }

  /** The words, in the present language; what was typed stays. */
  render() {
    const chosen = this.language.value;
    const option = (code) => h("option", { value: code }, code ? t(`lang.${code}`) : t("form.language_auto"));
    this.language.replaceChildren(...["", ...POST_LANGUAGES].map(option));
    this.language.value = chosen;
    byId("thumbs").replaceChildren(...this.pictures.map((picture) => this.#thumb(picture)));
  }

  say(sentence) {
    byId("form-status").textContent = sentence;
  }

  #listen() {
    byId("choose").addEventListener("click", () => byId("files").click());
    byId("files").addEventListener("change", ({ target }) => {
      this.#add(target.files);
      target.value = ""; // the same file can be chosen again
    });
    byId("clear").addEventListener("click", () => {
      this.#clear();
      this.text.focus();
    });
    document.addEventListener("paste", (event) => {
      const written = event.clipboardData?.types.includes("text/plain"); // beside a picture of itself, as some programs copy
      if (!written) this.#take(event, event.clipboardData);
    });
    document.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault(); // anywhere: the browser would leave the page to open the file
      byId("drop").classList.add("over");
    });
    document.addEventListener("dragleave", () => byId("drop").classList.remove("over"));
    document.addEventListener("drop", (event) => {
      byId("drop").classList.remove("over");
      this.#take(event, event.dataTransfer);
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("form").requestSubmit();
    });
  }

  #take(event, data) {
    if (!data?.files.length || event.target.type === "file") return; // text goes where the caret is
    event.preventDefault();
    if (!byId("view-check").hidden) this.#add(data.files);
  }

  #add(files) {
    const sentences = [...files].map((file) => {
      if (!file.type.startsWith("image/")) return t("form.no_picture", { name: file.name });
      this.pictures.push({ file, url: URL.createObjectURL(file) });
      return t("form.added", { name: file.name });
    });
    this.render();
    this.say(sentences.join(" "));
  }

  #remove(picture) {
    this.pictures = this.pictures.filter((other) => other !== picture);
    this.render();
    this.say(t("form.removed", { name: picture.file.name }));
    byId("choose").focus();
  }

  #clear() {
    this.text.value = "";
    this.pictures = [];
    this.render();
    this.say("");
  }

  #thumb(picture) {
    const label = t("form.remove", { name: picture.file.name });
    const remove = h("button", { type: "button", "aria-label": label, title: label, onclick: () => this.#remove(picture) }, "×");
    return h("li", {}, h("img", { src: picture.url, alt: picture.file.name }), remove);
  }
}
