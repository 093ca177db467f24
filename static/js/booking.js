// Keeps the bill in step with the offer and the points that are chosen. Without it the button "Update the bill" does the same.
"use strict";
(() => {
  const form = document.getElementById("booking");
  const names = ["place", "s", "t", "use", "points", "with", "offer"], choosing = ["use", "with", "offer"];
  if (!form || !choosing.some((name) => form.elements[name])) return;
  const points = form.elements.points;
  let turn = 0, timer = 0;
  const renew = async () => {
    const mine = ++turn, query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (names.includes(name)) query.append(name, value);
    const answer = await fetch(`/book/price?${query}`, { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok || mine !== turn) return;
    const text = await answer.text(), bill = document.getElementById("bill");
    if (mine === turn && bill) bill.outerHTML = text;
  };
  form.addEventListener("change", (event) => {
    if (choosing.includes(event.target.name)) renew();
  });
  if (points) points.addEventListener("input", () => {
    if (points.value && form.elements.use) form.elements.use.checked = true;
    if (points.value && form.elements.with) form.elements.with.value = "points";
    clearTimeout(timer);
    timer = setTimeout(renew, 250);
  });
})();
