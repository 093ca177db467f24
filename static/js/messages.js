// Comfort only: without this file every button still saves and leads on.
"use strict";
(() => {
  const form = document.getElementById("wizard");
  if (!form) return;
  const list = document.getElementById("customers");

  // The theme hides the page until its own script has run; before that nothing can be focused.
  const problem = document.getElementById("problem");
  if (problem) addEventListener("load", () => problem.focus());

  // Whoever leaves by another way than the buttons is asked first; ticks of customers are saved by themselves.
  const stay = (event) => event.preventDefault();
  form.addEventListener("input", (event) => {
    if (event.isTrusted && !list && event.target.name && event.target.type !== "search") addEventListener("beforeunload", stay);
  });

  // A second press while the first is on its way saves nothing twice.
  form.addEventListener("submit", (event) => {
    if (form.dataset.isSent) event.preventDefault();
    form.dataset.isSent = "yes";
    removeEventListener("beforeunload", stay);
  });
  addEventListener("pageshow", () => delete form.dataset.isSent);

  if (!list) return;
  // What could not be saved is said, and stands as it was before.
  const ours = new Set([list, document.getElementById("count")]);
  const say = (sentence) => {
    const old = document.getElementById("not-saved");
    const line = old || document.createElement("p");
    line.id = "not-saved";
    line.className = "warn";
    line.setAttribute("role", "alert");
    line.textContent = sentence;
    if (!old) list.before(line);
    for (const box of list.querySelectorAll("[name='pick']")) box.checked = document.querySelector(`#was-${box.value} input`) !== null;
  };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"])
    document.body.addEventListener(name, (event) => {
      if (!ours.has(event.detail.target)) return;
      const { status, responseText } = event.detail.xhr;
      say(status === 400 ? responseText : "This could not be saved just now. Who is ticked below is who was selected before; try again.");
    });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!ours.has(event.detail.target)) return;
    if (event.detail.xhr.responseURL.includes("/admin/login/")) {
      event.detail.shouldSwap = false;
      say("You were signed out. Sign in again in another window, then go on here: what was ticked before is saved.");
    } else if (event.detail.xhr.status < 300) document.getElementById("not-saved")?.remove();
  });
})();
