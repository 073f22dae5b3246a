// The colors of explanation/colors.py, which a test compares: for people with any color vision.

export const SCALE_COLORS = ["#e69f00", "#56b4e9", "#cc79a7", "#009e73", "#f0e442", "#d55e00"];
const VIRIDIS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

/** The color of a value from 0 to 1; values beyond take the nearest end. */
export function viridis(value) {
  const position = Math.min(Math.max(value, 0), 1) * (VIRIDIS.length - 1);
  const below = Math.min(Math.floor(position), VIRIDIS.length - 2);
  const share = position - below;
  const channel = (index) => Math.round(VIRIDIS[below][index] + share * (VIRIDIS[below + 1][index] - VIRIDIS[below][index]));
  return "#" + [0, 1, 2].map((index) => channel(index).toString(16).padStart(2, "0")).join("");
}

/** A color for each scale, the smallest first. */
export function scaleColors(scales) {
  const sorted = [...new Set(scales)].sort((a, b) => a - b);
  return new Map(sorted.map((scale, index) => [scale, SCALE_COLORS[index % SCALE_COLORS.length]]));
}
