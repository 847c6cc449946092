// Comfort for the answering pages, which work without it: growing boxes, counters, and drafts that stay in
// this browser until they are sent. Nothing here talks to any server.
(function () {
  "use strict";

  const DRAFT = "kindred-draft:";
  const SENDING = "kindred-sending";
  const NOT_ANSWERS = ["page", "go"];
  const form = document.querySelector("form[data-draft]");
  const key = DRAFT + location.pathname;

  // Storage may be switched off or full; the pages carry everything themselves.
  function attempt(action) {
    try {
      return action();
    } catch (error) {
      return null;
    }
  }

  function readDraft() {
    return attempt(() => JSON.parse(localStorage.getItem(key))) || {};
  }

  function names() {
    const all = Array.from(form.elements, (element) => element.name);
    return [...new Set(all)].filter((name) => name && !NOT_ANSWERS.includes(name));
  }

  function saveDraft() {
    const draft = readDraft();
    const data = new FormData(form);
    for (const name of names()) draft[name] = data.getAll(name);
    if (Object.values(draft).some((values) => values.some(Boolean))) {
      attempt(() => localStorage.setItem(key, JSON.stringify(draft)));
    }
  }

  function addHidden(name, value) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }

  // The draft is saved at every key and every button, so it is never older than the page.
  function restoreDraft() {
    for (const [name, values] of Object.entries(readDraft())) {
      const fields = Array.from(form.elements).filter((element) => element.name === name);
      const shown = fields.filter((element) => element.type !== "hidden");
      if (!shown.length) {
        fields.forEach((element) => element.remove());
        values.filter(Boolean).forEach((value) => addHidden(name, value));
      } else if (shown[0].type === "checkbox") {
        shown.forEach((box) => { box.checked = values.includes(box.value); });
      } else {
        shown[0].value = values[0] || "";
      }
    }
  }

  function forget(draftKey) {
    attempt(() => localStorage.removeItem(draftKey));
  }

  function grow(box) {
    if (CSS.supports("field-sizing", "content")) return;
    box.style.height = "auto";
    box.style.height = box.scrollHeight + 2 + "px";
  }

  function countDown(box) {
    const line = document.getElementById(box.id + "-limit");
    const text = box.value.replace(/\r\n/g, "\n").trim();
    const left = Number(box.dataset.limit) - Array.from(text).length;
    line.classList.toggle("over", left < 0);
    line.textContent = (left < 0 ? line.dataset.over : line.dataset.left).replace("{n}", Math.abs(left).toLocaleString(document.documentElement.lang));
    // Announced only where it matters; a counter that speaks at every key is noise.
    if (left < 50) line.setAttribute("role", "status");
    else line.removeAttribute("role");
  }

  function refreshBoxes() {
    document.querySelectorAll("textarea[data-limit]").forEach((box) => {
      grow(box);
      countDown(box);
    });
  }

  if (form) {
    restoreDraft();
    refreshBoxes();
    form.addEventListener("input", (event) => {
      if (event.target.matches("textarea[data-limit]")) {
        grow(event.target);
        countDown(event.target);
      }
      saveDraft();
    });
    form.addEventListener("submit", (event) => {
      saveDraft();
      if (event.submitter && ["send", "blurred"].includes(event.submitter.value)) {
        attempt(() => sessionStorage.setItem(SENDING, key));
      }
    });
    // A page that comes back from the browser's history has not run the lines above again.
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) {
        restoreDraft();
        refreshBoxes();
      }
    });
    const note = document.querySelector("[data-draft-note]");
    if (note && Object.keys(readDraft()).length) {
      note.hidden = false;
      note.querySelector("[data-drop-draft]").addEventListener("click", () => {
        forget(key);
        location.reload();
      });
    }
  }

  if (document.querySelector("[data-sent]")) {
    const sent = attempt(() => sessionStorage.getItem(SENDING));
    if (sent) forget(sent);
    attempt(() => sessionStorage.removeItem(SENDING));
  }
  if (document.querySelector("[data-forget-draft]")) forget(key);

  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();
})();
