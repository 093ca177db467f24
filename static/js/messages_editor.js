// The editor of a message. Without this file the plain field stands in for it, and "Look again" renews the preview.
"use strict";
(() => {
  const form = document.getElementById("wizard");
  if (!form) return;
  const editor = form.querySelector("trix-editor");
  const labels = { "{{booking_link}}": "Book an appointment", "{{preferences_link}}": "Choose what you get" };
  const tags = new Set("A B BLOCKQUOTE BR CODE DEL DIV EM H1 I LI OL P PRE STRONG U UL".split(" "));
  const dropped = new Set("SCRIPT STYLE TITLE TEMPLATE NOSCRIPT TEXTAREA SELECT IFRAME OBJECT SVG MATH".split(" "));

  // What was copied elsewhere is read as a document that runs and loads nothing, and only words and their format are taken out of it.
  const copied = (from, to) => {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
      else if (node.nodeType === Node.ELEMENT_NODE && !dropped.has(node.nodeName.toUpperCase())) {
        const kept = tags.has(node.nodeName) ? document.createElement(node.nodeName) : null;
        const address = kept && node.nodeName === "A" ? node.getAttribute("href") || "" : "";
        if (/^(https?:\/\/|mailto:)/i.test(address)) kept.setAttribute("href", address);
        copied(node, kept || to);
        if (kept) to.append(kept);
      }
    }
  };
  const cleaned = (page) => {
    const found = document.implementation.createHTMLDocument("").createElement("div");
    copied(new DOMParser().parseFromString(page, "text/html").body, found);
    return found.innerHTML;
  };
  const take = (event, data) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const page = data.getData("text/html");
    if (page) editor.editor.insertHTML(cleaned(page));
    else editor.editor.insertString(data.getData("text/plain"));
  };

  if (editor) {
    addEventListener("paste", (event) => editor.contains(event.target) && take(event, event.clipboardData), true);
    addEventListener("drop", (event) => editor.contains(event.target) && take(event, event.dataTransfer), true);
    editor.addEventListener("dragstart", (event) => event.preventDefault());
    editor.addEventListener("trix-file-accept", (event) => event.preventDefault());
    // The toolbar listens to the mouse alone; pressed by a key, a button does the same.
    document.getElementById("toolbar").addEventListener("click", (event) => {
      const button = event.target.closest("button[data-trix-attribute], button[data-trix-action]");
      if (button && event.detail === 0) button.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
    });
    // The editor marks the buttons of the formats in force; said as pressed, who cannot see the mark hears it.
    new MutationObserver((changes) => {
      for (const { target } of changes)
        if (target.matches("[data-trix-attribute][aria-pressed]")) target.setAttribute("aria-pressed", String(target.hasAttribute("data-trix-active")));
    }).observe(document.getElementById("toolbar"), { subtree: true, attributeFilter: ["data-trix-active"] });
    const begin = () => {
      document.getElementById("plain-editor").hidden = true;
      document.getElementById("rich-editor").hidden = false;
      form.elements.email_format.value = "html";
    };
    if (editor.editor) begin();
    else editor.addEventListener("trix-initialize", begin);
    document.getElementById("email_html-title").addEventListener("click", () => editor.focus());
  }

  // A button puts its field where the cursor stands, and the cursor behind it; a link gets words that can be pressed.
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const token = button.dataset.insert;
    if (button.dataset.into === "email_html" && form.elements.email_format.value === "html") {
      editor.focus();
      if (labels[token]) editor.editor.insertHTML(`<a href="${token}">${labels[token]}</a>`);
      else editor.editor.insertString(token);
      return;
    }
    const words = document.getElementById(button.dataset.into === "email_html" ? "email_plain" : button.dataset.into);
    words.focus();
    words.setRangeText(token, words.selectionStart, words.selectionEnd, "end");
    words.dispatchEvent(new Event("input", { bubbles: true }));
  });

  const words = document.getElementById("whatsapp_text");
  const count = document.getElementById("whatsapp-count");
  if (words) {
    const most = Number(count.dataset.max);
    const tell = () => {
      const length = [...words.value].length;
      count.textContent = `${length.toLocaleString("en-US")} of ${most.toLocaleString("en-US")} characters`;
      count.classList.toggle("wrong", length > most);
    };
    words.addEventListener("input", tell);
    tell();
  }

  // Enter in the search for a person looks for them; it does not lead on.
  const who = document.getElementById("who");
  if (who) who.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
})();
