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

  // What cannot be renewed says so in its own place; what was typed stays.
  const say = (part, sentence) => {
    const old = part.querySelector(":scope > .stale");
    const line = old || document.createElement("p");
    line.className = "warn stale";
    line.setAttribute("role", "alert");
    line.textContent = sentence;
    if (!old) part.prepend(line);
  };
  const isOurs = (event) => form.contains(event.detail.target);
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"])
    document.body.addEventListener(name, (event) => {
      if (isOurs(event)) say(event.detail.target, "This could not be renewed just now. What you typed is still here.");
    });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!isOurs(event) || !event.detail.xhr.responseURL.includes("/admin/login/")) return;
    event.detail.shouldSwap = false;
    say(event.detail.target, "You were signed out. Sign in again in another window, then go on here: what you typed is still here.");
  });
})();
