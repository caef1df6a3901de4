"use strict";
// What the blocks of a report can do: pictures, tables, copying. The report and the workbench use it alike.
window.qdBlocks = (() => {
  const options = { renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: { disableDefaultStyle: true } };
  const room = (spec) => (typeof spec.height === "number" ? spec.height : (spec.signals || []).find((each) => each.name === "height")?.init) || 0;

  const charts = (root, specs) => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const draw = (plot) => {
      const both = specs[plot.dataset.chart];
      plot.replaceChildren();
      window.qdEmbed(plot, both[dark.matches ? "dark" : "light"], { ...options, mode: both.mode }).catch(() => {
        plot.textContent = "The picture could not be drawn; its rows are below.";
      });
    };
    const plots = [...root.querySelectorAll("[data-chart]")].filter((plot) => specs[plot.dataset.chart]);
    plots.forEach((plot) => { plot.style.minHeight = `${Number(room(specs[plot.dataset.chart].light)) || 60}px`; });
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
      }
    }, { rootMargin: "400px" });
    plots.forEach((plot) => seen.observe(plot));
    dark.addEventListener("change", () => plots.forEach(draw));
    addEventListener("beforeprint", () => plots.forEach((plot) => { if (!plot.firstChild) draw(plot); }));
  };

  const value = (row, column) => row.cells[column].dataset.v ?? row.cells[column].textContent;
  const compare = (column, sign) => (a, b) => {
    const [x, y] = [value(a, column), value(b, column)];
    const [p, q] = [Number(x), Number(y)];
    return sign * (x !== "" && y !== "" && !Number.isNaN(p) && !Number.isNaN(q) ? p - q : x.localeCompare(y));
  };

  const tables = (root) => root.querySelectorAll(".table").forEach((box) => {
    const table = box.querySelector("table");
    const body = table.tBodies[0];
    const shown = Number(table.dataset.shown);
    const filter = box.querySelector("input");
    const more = box.querySelector(".more");
    let all = false;
    const refresh = () => {
      const wanted = filter ? filter.value.toLowerCase() : "";
      let count = 0;
      for (const row of body.rows) {
        const fits = !wanted || row.textContent.toLowerCase().includes(wanted);
        if (fits) count += 1;
        row.hidden = !fits || (!all && !wanted && count > shown);
      }
    };
    if (filter) filter.addEventListener("input", refresh);
    if (more) more.addEventListener("click", () => {
      all = !all;
      more.setAttribute("aria-expanded", String(all));
      more.textContent = all ? more.dataset.less : more.dataset.more;
      refresh();
    });
    table.querySelectorAll("th button").forEach((button, column) => button.addEventListener("click", () => {
      const head = button.parentElement;
      const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      table.querySelectorAll("th").forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      [...body.rows].sort(compare(column, sign)).forEach((row) => body.append(row));
      refresh();
    }));
    const csv = box.querySelector(".csv");
    if (csv) csv.addEventListener("click", () => {
      const cell = (text) => `"${(/^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? "'" : "") + text.replaceAll('"', '""')}"`;
      const rows = [...table.rows].map((row) => [...row.cells].map((each) => cell(each.dataset.v ?? each.textContent.trim())).join(","));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([rows.join("\r\n")], { type: "text/csv" }));
      link.download = `${table.dataset.name}.csv`;
      link.click();
    });
    refresh();
  });

  const copies = (root) => root.querySelectorAll(".copy").forEach((button) => button.addEventListener("click", () => {
    const text = document.getElementById(button.dataset.of).textContent;
    const done = () => { button.textContent = "Copied"; };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, done);
  }));

  return { charts, tables, copies };
})();
