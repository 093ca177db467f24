// A press opens what a figure means where nothing can hover or a press gives no focus; Escape or a press elsewhere closes it.
"use strict";
(() => {
  const opened = () => document.querySelectorAll(".meaning.is-open, .meaning.is-shut");
  const forget = () => opened().forEach((meaning) => meaning.classList.remove("is-open", "is-shut"));
  document.addEventListener("click", (event) => {
    const ask = event.target.closest(".meaning .ask"), meaning = ask && ask.closest(".meaning");
    const wasOpen = meaning && meaning.classList.contains("is-open");
    forget();
    if (meaning) meaning.classList.add(wasOpen ? "is-shut" : "is-open");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    forget();
    document.querySelectorAll(".meaning:hover, .meaning:focus-within").forEach((meaning) => meaning.classList.add("is-shut"));
  });
  for (const name of ["pointerout", "focusout"]) {
    document.addEventListener(name, (event) => {
      const meaning = event.target.closest && event.target.closest(".meaning.is-shut");
      if (meaning && !meaning.contains(event.relatedTarget)) meaning.classList.remove("is-shut");
    });
  }
})();
