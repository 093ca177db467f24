// Comfort only: without this file every button works, and what would be refused is said after saving.
"use strict";
(() => {
  // The theme hides the page until its own script has run; before that nothing can be focused.
  const problem = document.getElementById("problem") ?? document.getElementById("agree");
  if (problem) addEventListener("load", () => problem.focus());

  // Twilio takes its time: the pressed button shows that it is at it, and no button can be pressed meanwhile.
  const buttons = () => document.querySelectorAll("#actions button, #agree button");
  for (const form of document.querySelectorAll("#actions form, #agree form"))
    form.addEventListener("submit", (event) => {
      if (document.body.dataset.isBusy) return event.preventDefault();
      document.body.dataset.isBusy = "yes";
      const pressed = event.submitter;
      pressed?.setAttribute("aria-busy", "true");
      const said = document.getElementById("busy");
      if (said) said.textContent = "Twilio is being asked. This can take half a minute…";
      setTimeout(() => buttons().forEach((button) => { if (!button.disabled) { button.disabled = true; button.dataset.wasOpen = "yes"; } }));
    });
  // The page looks for news by itself; not while something is on its way.
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (document.body.dataset.isBusy) event.preventDefault();
  });
  addEventListener("pageshow", () => {
    delete document.body.dataset.isBusy;
    for (const button of buttons()) {
      button.removeAttribute("aria-busy");
      if (button.dataset.wasOpen) button.disabled = false;
    }
  });

  const form = document.getElementById("registration");
  if (!form) return;
  // Whoever leaves by another way than the buttons is asked first.
  const stay = (event) => event.preventDefault();
  form.addEventListener("input", (event) => event.isTrusted && addEventListener("beforeunload", stay));
  form.addEventListener("submit", () => removeEventListener("beforeunload", stay));
})();
