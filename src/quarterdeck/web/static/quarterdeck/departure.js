// Lists that narrow as one types; without this script they show everything, or the form filters them.
(() => {
  "use strict";
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-narrows]");
    if (!field) { return; }
    const list = document.getElementById(field.dataset.narrows);
    const wanted = field.value.trim().toLowerCase();
    let found = 0;
    list.querySelectorAll("[data-item]").forEach((item) => {
      const picked = item.querySelector("input:checked");
      item.hidden = !picked && wanted !== "" && !item.textContent.toLowerCase().includes(wanted);
      found += item.hidden ? 0 : 1;
    });
    const none = document.getElementById(`${list.id}-none`);
    if (none) { none.hidden = found > 0; }
  });
})();
