// Comfort only: without this file every button still saves and leads on.
"use strict";
(() => {
  const form = document.getElementById("wizard");
  if (!form) return;

  // The theme hides the page until its own script has run; before that nothing can be focused.
  const problem = document.getElementById("problem");
  if (problem) addEventListener("load", () => problem.focus());

  // A second press while the first is on its way saves nothing twice.
  form.addEventListener("submit", (event) => {
    if (form.dataset.isSent) event.preventDefault();
    form.dataset.isSent = "yes";
  });
  addEventListener("pageshow", () => delete form.dataset.isSent);
})();
