// Parts of a form that renew themselves: what could not be renewed says so, and what was typed stays.
"use strict";
(() => {
  const form = document.querySelector("form[data-live-parts]");
  if (!form) return;

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
