// Keys and small conveniences; every page works without them.
(() => {
  "use strict";
  const typing = (event) => event.target.closest("input, textarea, select, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey;
  const open = (id) => { const box = document.getElementById(id); if (box && !box.open) { box.showModal(); } };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) { open(opener.dataset.opens); }
    const closer = event.target.closest("[data-closes]");
    if (closer) { document.getElementById(closer.dataset.closes).close(); }
    const copier = event.target.closest("[data-of]");
    if (copier && navigator.clipboard) {
      navigator.clipboard.writeText(document.getElementById(copier.dataset.of).innerText).then(() => { copier.textContent = "Copied"; });
    }
    const all = event.target.closest("[data-all]");
    if (all) { document.querySelectorAll(`input[name="${all.dataset.all}"]`).forEach((box) => { box.checked = all.checked; }); }
  });

  // a form is sent once, however often somebody clicks
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post") { form.dataset.sent = "yes"; }
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => { delete form.dataset.sent; }));

  // j and k walk through the rows of a page, Enter opens, x completes, z postpones
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const walk = (step) => {
    const all = rows();
    if (!all.length) { return; }
    const now = all.findIndex((row) => row.hasAttribute("aria-current"));
    const next = all[Math.max(0, Math.min(all.length - 1, now + step))];
    all.forEach((row) => row.removeAttribute("aria-current"));
    next.setAttribute("aria-current", "true");
    const link = next.querySelector("a");
    if (link) { link.focus(); }
  };
  const press = (name) => {
    const row = document.activeElement.closest("[data-row]") || document.querySelector("[data-row][aria-current]");
    const button = row && row.querySelector(`[data-key="${name}"]`);
    if (button) { button.click(); button.closest("details[open]")?.querySelector("input:not([type=hidden])")?.focus(); }
  };
  document.addEventListener("keydown", (event) => {
    if (typing(event)) { return; }
    const keys = { c: () => open("capture"), "/": () => document.getElementById("q")?.focus(), j: () => walk(1), k: () => walk(-1), x: () => press("x"), z: () => press("z") };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });
})();
