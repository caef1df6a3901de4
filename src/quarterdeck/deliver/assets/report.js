(() => {
  window.qdBlocks.charts(document, JSON.parse(document.getElementById("specs").textContent));
  window.qdBlocks.tables(document);
  window.qdBlocks.copies(document);
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details.how-we-know").forEach((each) => { each.open = false; });
  });
})();
