// Keeps the bill in step with the points that are chosen. Without it the button "Update the bill" does the same.
"use strict";
(() => {
  const form = document.getElementById("booking");
  const use = form && form.elements.use;
  if (!use) return;
  const names = ["place", "s", "t", "use", "points"];
  let turn = 0, timer = 0;
  const renew = async () => {
    const mine = ++turn, query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (names.includes(name)) query.append(name, value);
    const answer = await fetch(`/book/price?${query}`, { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok || mine !== turn) return;
    const text = await answer.text(), bill = document.getElementById("bill");
    if (mine === turn && bill) bill.outerHTML = text;
  };
  use.addEventListener("change", renew);
  form.elements.points.addEventListener("input", () => {
    if (form.elements.points.value) use.checked = true;
    clearTimeout(timer);
    timer = setTimeout(renew, 250);
  });
})();
