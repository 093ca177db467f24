// Comfort only: without this file "Look again" renews the preview and the numbers.
"use strict";
(() => {
  const form = document.getElementById("invitation");
  if (!form) return;
  const words = form.elements.message_template;

  // The theme hides the page until its own script has run; before that nothing can be focused.
  const problem = document.getElementById("problem");
  if (problem) addEventListener("load", () => problem.focus());

  // A button puts its variable where the cursor stands, and the cursor behind it.
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    words.focus();
    words.setRangeText(button.dataset.insert, words.selectionStart, words.selectionEnd, "end");
    words.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Our own words follow the choice of an offer; the owner's never change by themselves.
  form.elements.offer.addEventListener("change", (event) => {
    const { withOffer, withoutOffer } = words.dataset;
    if (words.value === withOffer || words.value === withoutOffer) words.value = event.target.value ? withOffer : withoutOffer;
  });

  // A second press while the first is on its way saves nothing twice.
  form.addEventListener("submit", (event) => {
    if (form.dataset.isSent) event.preventDefault();
    form.dataset.isSent = "yes";
  });
  addEventListener("pageshow", () => delete form.dataset.isSent);

  // Enter in the search for a person looks for them; it does not save the invitation.
  form.elements.who.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
})();
