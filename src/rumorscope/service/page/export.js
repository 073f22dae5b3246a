// The case as files: JSON, a printable page, a draft of a ClaimReview.

import { Failure, ask, formData } from "./api.js";
import { h, section } from "./dom.js";
import { t } from "./i18n.js";

// The printable page is saved and not opened from here: a page opened from this one would inherit this one's
// policy, under which its own style does not apply.
const KINDS = [
  { key: "export.json", id: "save-json", ending: "json" },
  { key: "export.page", id: "save-page", ending: "html", accept: "text/html" },
  { key: "export.review", id: "save-review", ending: "jsonld", accept: "application/ld+json" },
];

/** The buttons; a failed request is handed to `failed`. */
export function renderExport(judged, failed) {
  const status = h("p", { class: "quiet", role: "status" });
  const buttons = KINDS.map((kind) => h("button", { type: "button", class: "small", id: kind.id, onclick: () => save(judged, kind, status, failed) }, t(kind.key)));
  const print = h("button", { type: "button", class: "small", onclick: () => window.print() }, t("export.print"));
  return section(t("export.heading"), { class: "export" }, buttons, print, h("p", { class: "quiet" }, t("export.how")), status);
}

async function save(judged, { ending, accept }, status, failed) {
  try {
    const name = `rumorscope-${judged.verdict.id.replace(/[^\w-]+/g, "_").slice(0, 60)}.${ending}`;
    const content = accept ? await (await ask("v1/explain", { method: "POST", accept, body: formData(judged.post) })).blob() : json(judged.answer);
    download(content, name);
    status.textContent = t("export.saved", { name });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failed(error);
  }
}

const json = (answer) => new Blob([JSON.stringify(answer, null, 2) + "\n"], { type: "application/json" });

/** Hand the browser a file to keep. */
export function download(content, name) {
  const url = URL.createObjectURL(content);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // after the browser has taken it up
}
