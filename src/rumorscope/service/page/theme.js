// Before anything is painted: the chosen colors, or else the system's. A classic script, so that nothing flashes.
"use strict";

(() => {
  const stored = localStorage.getItem("rumorscope.theme");
  if (stored === "light" || stored === "dark") document.documentElement.dataset.theme = stored;
})();
