// Say that files are too large before they are sent, and that they are on their way.
(() => {
  "use strict";
  const form = document.querySelector("form[data-most-bytes]");
  if (!form) { return; }
  form.addEventListener("submit", (event) => {
    const most = Number(form.dataset.mostBytes);
    const size = [...form.querySelector("input[type=file]").files].reduce((sum, file) => sum + file.size, 0);
    const errors = document.getElementById(form.dataset.errors);
    errors.replaceChildren();
    if (size > most) {
      event.preventDefault();
      event.stopPropagation();
      const said = document.createElement("p");
      said.className = "said error";
      said.textContent = `These files hold ${Math.ceil(size / 1e6)} MB, more than the ${Math.floor(most / 1e6)} MB that one upload may hold. Upload them one by one, or make a smaller export.`;
      errors.append(said);
      return;
    }
    document.getElementById("upload-going").textContent = "On its way. Keep this page open until it is answered.";
  });
})();
