// The service, and what can go wrong with it, as one kind of error that the page can say in words.

const STORED = "rumorscope.key"; // of this tab alone: gone when it closes

/** What went wrong: a kind that the strings name, the server's own words, and when to try again. */
export class Failure extends Error {
  constructor(kind, detail = "", retryAfterSeconds = null) {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export const keepKey = (key) => sessionStorage.setItem(STORED, key);
export const hasKey = () => sessionStorage.getItem(STORED) !== null;

/** The answer, once it is a good one. Throws Failure; an aborted request gives the kind "cancelled". */
export async function ask(path, { accept = "application/json", ...options } = {}) {
  const headers = new Headers({ Accept: accept, ...options.headers });
  const key = sessionStorage.getItem(STORED);
  if (key) headers.set("Authorization", `Bearer ${key}`);
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, credentials: "same-origin", redirect: "error" });
  } catch (error) {
    throw new Failure(error.name === "AbortError" ? "cancelled" : "offline");
  }
  if (answer.ok) return answer;
  const { kind, detail } = await toldBy(answer);
  throw new Failure(kind, detail, retryAfter(answer));
}

export const askJson = async (path, options) => (await ask(path, options)).json();

/** Send plain values, get plain values. */
export const tell = (path, values) =>
  askJson(path, { method: "POST", body: JSON.stringify(values), headers: { "Content-Type": "application/json" } });

/** The request that both the answer and its exports make. */
export function formData(post) {
  const data = new FormData();
  data.set("text", post.text);
  if (post.language) data.set("language", post.language);
  for (const { file } of post.pictures) data.append("images", file, file.name);
  return data;
}

const KINDS = { 401: "unauthorized", 403: "unauthorized", 413: "too_large", 415: "unreadable", 429: "busy", 503: "not_ready", 504: "timeout" };

async function toldBy(answer) {
  const kind = KINDS[answer.status] ?? (answer.status >= 500 ? "server" : "invalid");
  try {
    const { detail, error } = await answer.json();
    if (typeof detail === "string") return { kind: error === "rate_limited" ? error : kind, detail };
    return { kind, detail: detail.map((problem) => `${problem.loc.slice(1).join(".")}: ${problem.msg}`).join("; ") };
  } catch {
    return { kind, detail: "" }; // no JSON, or JSON of another making: the kind says enough
  }
}

function retryAfter(answer) {
  const seconds = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3600) : null;
}
