// A verdict in words: what explanation/words.py says in English, in the reader's language.

import { has, t } from "./i18n.js";

/** A probability for people: never 0% or 100%, which nobody knows. */
export function percent(probability) {
  if (probability < 0.01) return "<1%";
  return probability > 0.99 ? ">99%" : `${(100 * probability).toFixed(0)}%`;
}

/** A change of probability in percentage points, with its sign. */
export function points(change) {
  const rounded = Math.round(100 * change);
  if (rounded === 0) return "±0";
  return rounded > 0 ? `+${rounded}` : `−${-rounded}`;
}

/** A number with two decimals and a true minus. */
export const signed = (value) => value.toFixed(2).replace("-", "−");

/** "rumor", "non_rumor" or "undecided": how a verdict is colored and named. */
export const outcome = (verdict) => (verdict.abstained === null ? verdict.label : "undecided");

export const judgment = (verdict) => t(`judgment.${outcome(verdict)}`);

/** How sure the number is, no surer than the detector: what it means if its calibration holds here. */
export function howSure(verdict) {
  const p = verdict.rumor_probability;
  const values = { rumors: ofHundred(p), others: ofHundred(1 - p) };
  return verdict.warning === null ? t("sure.calibrated", values) : t("sure.unlike");
}

export function abstention(verdict, serving) {
  if (!serving?.undecided) return verdict.abstained;
  const [low, high] = serving.undecided;
  return t("abstained.band", { probability: percent(verdict.rumor_probability), low: percent(low), high: percent(high) });
}

/** A sentence of the server's, in the reader's language where it is one of the known ones. */
export function said(sentence) {
  const key = sentence.replace(/\d+/, "{number}");
  return has(`said.${key}`) ? t(`said.${key}`, { number: /\d+/.exec(sentence)?.[0] }) : sentence;
}

/** What was taken away, in order: text, pictures, each region; [{what, region, probability, change}]. */
export function absences(verdict, pictureCount) {
  const { contribution, regions } = verdict.evidence;
  const pictures = t(pictureCount === 1 ? "absence.picture" : "absence.pictures");
  return changes(verdict, [
    [t("absence.text"), contribution.without_text, null],
    [pictures, contribution.without_images, null],
    ...regions.map((region, index) => [t("absence.region", { number: index + 1 }), region.probability_without, index]),
  ]);
}

/** What the probability becomes once each way of going wrong is ruled out. */
export function failureModes(verdict) {
  const modes = verdict.evidence.failure_modes;
  return changes(verdict, ["if_consistent", "if_authentic", "if_known"].map((name) => [t(`mode.${name}`), modes[name], null]));
}

/** Which way of going wrong speaks most for a rumor. */
export function restsOn(verdict, modes) {
  const most = modes.reduce((least, mode) => (mode.change < least.change ? mode : least));
  if (Math.round(100 * most.change) >= 0) return t("mode.none");
  return t("mode.most", { what: most.what, becomes: becomes(verdict, most) });
}

/** What the verdict rests on, a sentence each. */
export function reasons(post, verdict, measured) {
  const wholes = measured.filter(({ region }) => region === null);
  const regions = measured.filter(({ region }) => region !== null);
  const sentences = wholes.map((absence) => t("reason.without", { what: absence.what, becomes: becomes(verdict, absence) }));
  if (post.pictures.length === 0) sentences.push(t("reason.no_picture"));
  else if (!post.text.trim()) sentences.push(t("reason.no_text"));
  if (regions.length > 0) {
    const most = regions.reduce((a, b) => (Math.abs(b.change) > Math.abs(a.change) ? b : a));
    sentences.push(t("reason.region", { what: most.what, becomes: becomes(verdict, most) }));
  }
  return sentences;
}

/** How far a claim is from what is known; the limits are those of words.py. */
export function deviation({ known, deviation: distance }) {
  if (known === null || distance === null) return t("deviation.unknown");
  if (distance < 0.05) return t("deviation.same");
  return t(distance < 0.6 ? "deviation.close" : "deviation.other");
}

/** A triple as people read it: the relation's name taken apart. */
export function triple({ head, relation, tail }) {
  return `${head} — ${relation.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()} — ${tail}`;
}

export function caveats(verdict) {
  const lookedUp = verdict.evidence?.claims.length ? "caveat.compared" : "caveat.no_fact";
  return [t(lookedUp), t("caveat.unseen"), t("caveat.person")];
}

export function faithfulness(evidence) {
  if (evidence.regions.length === 0 && evidence.relevance.length === 0) return null;
  return evidence.faithfulness ? translatedFaithfulness(evidence.faithfulness) : t("faithfulness.unmeasured");
}

/** Where a box lies in a picture of that size: "upper left", "center". */
export function place([left, top, right, bottom], { width, height }) {
  if (left === 0 && top === 0 && right === width && bottom === height) return t("place.whole");
  if ((right - left) * (bottom - top) >= 0.8 * width * height) return t("place.nearly");
  const row = ["upper", "middle", "lower"][Math.min(2, Math.floor((3 * (top + bottom)) / 2 / height))];
  const column = ["left", "center", "right"][Math.min(2, Math.floor((3 * (left + right)) / 2 / width))];
  return t(`place.${row}.${column}`);
}

function ofHundred(probability) {
  if (probability < 0.01) return t("sure.fewer");
  return probability > 0.99 ? t("sure.more") : t("sure.about", { posts: (100 * probability).toFixed(0) });
}

function changes(verdict, measured) {
  return measured
    .filter(([, probability]) => probability !== null)
    .map(([what, probability, region]) => ({ what, region, probability, change: probability - verdict.rumor_probability }));
}

function becomes(verdict, { probability, change }) {
  const own = percent(verdict.rumor_probability);
  if (Math.round(100 * change) === 0) return t("becomes.stays", { own });
  return t(change < 0 ? "becomes.falls" : "becomes.rises", { own, probability: percent(probability) });
}

const METHODS = { "what the frames hold": "frames", "what the relevance maps mark": "maps", "what painting over region after region finds": "occlusion" };
const DEGREES = { "counts more for the answer than": "more", "counts less for the answer than": "less", "cannot be told from": "same" };

/** The measured sentence of explanation/record.py, part by part; as it stands where it has another form. */
function translatedFaithfulness(sentence) {
  const whole = /^Tested on (\d+) posts, (.*)\.$/.exec(sentence);
  const parts = whole?.[2].split("; ").map((part) => {
    const found = /^(what .*?) (counts (?:more|less) for the answer than|cannot be told from) random regions \(gain (.*)\)$/.exec(part);
    const [, method, degree, gain] = found ?? [];
    return method in METHODS ? t(`faithfulness.${METHODS[method]}.${DEGREES[degree]}`, { gain: gain.replace(" to ", t("faithfulness.to")) }) : null;
  });
  if (!parts || parts.includes(null)) return sentence;
  return t("faithfulness.tested", { posts: whole[1], parts: parts.join(t("faithfulness.and")) });
}
