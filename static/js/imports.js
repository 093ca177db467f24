// Comfort only: the form works the same without this file.
const file = document.getElementById("file");
const state = document.getElementById("upload-state");

file.hasChangeListener = true; // the theme would look for a text field beside it that is not there
file.addEventListener("dragover", () => file.classList.add("is-over"));
for (const end of ["dragleave", "drop"]) file.addEventListener(end, () => file.classList.remove("is-over"));

file.addEventListener("change", () => {
  const chosen = file.files[0];
  const limit = Number(file.dataset.bytesMax);
  const isTooLarge = chosen !== undefined && chosen.size > limit;
  file.setCustomValidity(isTooLarge ? "This file is too large. Split it into several files." : "");
  state.textContent = isTooLarge ? file.validationMessage : "";
});

document.getElementById("upload").addEventListener("submit", () => {
  state.textContent = "Reading the list…";
});
