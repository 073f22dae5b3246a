// A picture of the post with its regions framed, its relevance as a heat map, and where it may be altered.
// Boxes are in pixels of the upright picture, which is how browsers show and measure it, too.

import { scaleColors, viridis } from "./colors.js";
import { h, s, section } from "./dom.js";
import { t } from "./i18n.js";
import * as words from "./words.js";

const TAG_PX = 18; // height of a region's number on the screen
const CORNERS = [[0, 0], [1, 0], [0, 1], [1, 1]]; // a corner for each scale: boxes of several often share one
const ALL = "all";

/** One picture's section. */
export function renderPicture(picture, index, count, evidence) {
  const own = (found) => found.image === index;
  const regions = evidence.regions.map((region, number) => ({ ...region, number: number + 1 })).filter(own);
  const found = { regions, heats: evidence.relevance.filter(own), manipulation: evidence.manipulation.find(own) ?? null };
  const heading = count === 1 ? t("picture.one") : t("picture.many", { number: index + 1 });
  const viewer = new Viewer(picture, index, found);
  return section(heading, { class: "picture" },
    h("div", { class: regions.length ? "evidence" : "evidence alone" }, viewer.element, viewer.list),
    found.manipulation && h("p", { class: "legend" }, t("picture.manipulated", { probability: words.percent(found.manipulation.probability) })));
}

class Viewer {
  constructor(picture, index, found) {
    Object.assign(this, found, { index, scale: ALL, frames: true, heat: false, altered: false, pinned: null });
    this.scales = [...new Set([...found.regions, ...found.heats].map(({ scale }) => scale))].sort((a, b) => a - b);
    this.colors = scaleColors(found.regions.map(({ scale }) => scale));
    this.overlay = s("svg", { role: "img", "aria-label": t("picture.stage") });
    this.legend = h("p", { class: "legend quiet" });
    this.list = found.regions.length ? h("ol", { class: "regions", "aria-label": t("region.list") }) : null;
    this.image = h("img", { src: picture.url, alt: t("picture.alt", { number: index + 1 }), onload: () => this.#loaded(), onerror: () => this.#unshown() });
    this.stage = h("div", { class: "stage" }, this.image, this.overlay);
    this.element = h("div", { class: "viewer" }, this.#controls(), this.stage, this.legend,
      found.regions.length ? h("p", { class: "quiet legend" }, t("picture.frames_hint")) : h("p", { class: "quiet legend" }, t("picture.no_regions")));
  }

  #loaded() {
    this.size = { width: this.image.naturalWidth, height: this.image.naturalHeight };
    this.overlay.setAttribute("viewBox", `0 0 ${this.size.width} ${this.size.height}`);
    new ResizeObserver(() => this.#draw()).observe(this.stage); // tags keep their size on the screen
    this.#drawList();
  }

  #unshown() {
    this.stage.replaceChildren(h("p", { class: "quiet" }, t("picture.unshown")));
    this.#drawList();
  }

  #controls() {
    const scales = h("fieldset", { class: "pills" }, h("legend", {}, t("picture.scale")), [ALL, ...this.scales].map((scale) => this.#scalePill(scale)));
    return h("div", { class: "viewer-controls" }, this.scales.length > 0 && scales,
      h("div", { class: "pills" },
        this.regions.length > 0 && this.#toggle("frames", "picture.frames"),
        this.heats.length > 0 && this.#toggle("heat", "picture.heat"),
        this.manipulation && this.#toggle("altered", "picture.manipulation")));
  }

  #scalePill(scale) {
    const name = scale === ALL ? t("picture.all") : t("picture.px", { scale });
    const choose = () => {
      this.scale = scale;
      this.#draw();
    };
    return h("label", { class: "pill" }, h("input", { type: "radio", name: `scale-${this.index}`, value: scale, checked: scale === this.scale, onchange: choose }), h("span", {}, name));
  }

  #toggle(what, key) {
    const turn = ({ target }) => {
      this[what] = target.checked;
      this.#draw();
    };
    return h("label", { class: "pill" }, h("input", { type: "checkbox", checked: this[what], "data-toggle": what, onchange: turn }), h("span", {}, t(key)));
  }

  #draw() {
    const layers = [];
    const heat = this.heat ? (this.heats.find(({ scale }) => scale === this.scale) ?? this.heats[0]) : null;
    if (heat) layers.push(...this.#cells(heat.values, stretched(heat.values)));
    if (this.altered) layers.push(...this.#cells(this.manipulation.values, this.manipulation.values));
    if (this.frames) layers.push(...this.#shown().sort((a, b) => area(b) - area(a)).map((region) => this.#frame(region)));
    this.overlay.replaceChildren(...layers);
    this.legend.replaceChildren(...this.#legends(heat));
  }

  #shown() {
    return this.regions.filter(({ scale }) => this.scale === ALL || scale === this.scale);
  }

  #cells(values, shares) {
    const width = this.size.width / values[0].length;
    const height = this.size.height / values.length;
    return values.flatMap((row, y) => row.map((value, x) =>
      s("rect", { class: "cell", x: x * width, y: y * height, width, height, fill: viridis(shares[y][x]) }, s("title", {}, words.signed(value)))));
  }

  #frame(region) {
    const [left, top, right, bottom] = region.box_pixels;
    const color = this.colors.get(region.scale);
    const tag = (TAG_PX * this.size.width) / Math.max(this.stage.clientWidth, 1); // in the picture's pixels
    const [across, down] = CORNERS[[...this.colors.keys()].indexOf(region.scale) % CORNERS.length];
    const x = left + across * (right - left - 1.3 * tag);
    const y = top + down * (bottom - top - 1.2 * tag);
    const box = { x: left, y: top, width: right - left, height: bottom - top };
    return s("g", { class: this.pinned === region.number ? "frame shown" : "frame", "data-region": region.number },
      s("title", {}, this.#describe(region)),
      s("rect", { class: "halo", ...box }),
      s("rect", { class: "box", ...box, stroke: color }),
      s("rect", { x, y, width: 1.3 * tag, height: 1.2 * tag, fill: color }),
      s("text", { x: x + 0.65 * tag, y: y + 0.62 * tag, "font-size": 0.85 * tag }, String(region.number)));
  }

  #describe(region) {
    return t("region.title", { number: region.number, place: this.#place(region), scale: region.scale, weight: words.percent(region.weight), relevance: words.signed(region.relevance) });
  }

  #place(region) {
    return this.size ? words.place(region.box_pixels, this.size) : region.box_pixels.join(", ");
  }

  #drawList() {
    this.list?.replaceChildren(...this.regions.map((region) => h("li", {}, this.#button(region))));
  }

  #button(region) {
    const color = this.colors.get(region.scale);
    const label = t("region.button", { number: region.number, place: this.#place(region) });
    const numbers = [t("region.details", { scale: region.scale, relevance: words.signed(region.relevance) })];
    if (region.probability_without !== null) numbers.push(t("region.without", { probability: words.percent(region.probability_without) }));
    const pin = () => {
      this.pinned = this.pinned === region.number ? null : region.number;
      for (const [at, button] of [...this.list.querySelectorAll("button")].entries()) button.setAttribute("aria-pressed", String(this.regions[at].number === this.pinned));
      this.#draw();
    };
    return h("button", { type: "button", "aria-pressed": "false", onclick: pin, "aria-label": `${label}. ${numbers.join(", ")}. ${t("region.weight_label", { weight: words.percent(region.weight) })}` },
      s("svg", { class: "badge", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("rect", { width: 24, height: 24, rx: 4, fill: color }), s("text", { x: 12, y: 12.5, "font-size": 15 }, String(region.number))),
      h("span", {}, h("b", {}, this.#place(region)), h("span", { class: "quiet" }, numbers.join(" · ")),
        s("svg", { class: "weight", "aria-hidden": "true" }, s("rect", { class: "track", width: "100%", height: 6, rx: 3 }), s("rect", { width: `${(100 * region.weight).toFixed(1)}%`, height: 6, rx: 3, fill: color }))),
      h("span", { class: "share" }, words.percent(region.weight), h("small", {}, t("region.weight"))));
  }

  #legends(heat) {
    const legends = [];
    if (heat) {
      const values = heat.values.flat();
      legends.push(this.#legend(t("picture.legend", { scale: heat.scale }), words.signed(Math.min(...values)), words.signed(Math.max(...values))));
    }
    if (this.altered) legends.push(this.#legend(t("picture.legend_manipulation"), "0%", "100%"));
    return legends;
  }

  #legend(name, low, high) {
    const steps = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((step) => s("rect", { x: `${10 * step}%`, width: "10.5%", height: "100%", fill: viridis(step / 9) }));
    return h("span", {}, `${name} `, h("span", { class: "tabular" }, low), s("svg", { class: "scale", "aria-hidden": "true" }, steps), h("span", { class: "tabular" }, high), " ");
  }
}

const area = ({ box_pixels: [left, top, right, bottom] }) => (right - left) * (bottom - top);

/** Values moved to 0 to 1; all 0.5 where they do not differ. */
function stretched(rows) {
  const values = rows.flat();
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return rows.map((row) => row.map((value) => (high === low ? 0.5 : (value - low) / (high - low))));
}
