// Draws the charts of a practice page, and lets its tables sort, filter and copy, as the report does.
(() => {
  "use strict";
  const specs = document.getElementById("specs");
  const sections = document.getElementById("sections");
  if (!specs || !sections || !window.qdBlocks) { return; }
  // a picture carries its conclusion as a label; its parts without words of their own would only be noise to a screen reader
  const quiet = new MutationObserver((changes) => changes.forEach((change) => {
    change.target.querySelectorAll("svg").forEach((svg) => svg.setAttribute("aria-hidden", "true"));
  }));
  sections.querySelectorAll("[data-chart]").forEach((plot) => quiet.observe(plot, { childList: true, subtree: true }));
  window.qdBlocks.charts(sections, JSON.parse(specs.textContent));
  window.qdBlocks.tables(sections);
  window.qdBlocks.copies(sections);
})();
