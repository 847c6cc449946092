// Comfort for the answering pages, which work without it: growing boxes, counters, drafts that stay in this
// browser until they are sent, and hints at what may tell who somebody is. Nothing here talks to any server.
(function () {
  "use strict";

  const DRAFT = "kindred-draft:";
  const SENDING = "kindred-sending";
  const SHARED = "kindred-shared";
  const NOT_KEPT = ["page", "go", "lang"];
  // Travels with the answers, but is none.
  const DRAW = "draw";
  const REST_MS = 600;
  let resting = 0;
  const form = document.querySelector("form[data-answers]");
  const key = DRAFT + location.pathname;

  // Storage may be switched off or full; the pages carry everything themselves.
  function attempt(action) {
    try {
      return action();
    } catch (error) {
      return null;
    }
  }

  // --- drafts -------------------------------------------------------------------------------------------

  // A kiosk's form keeps nothing, and neither does a device that somebody has said is shared.
  function isShared() {
    return !("draft" in form.dataset) || attempt(() => sessionStorage.getItem(SHARED)) !== null;
  }

  function readDraft() {
    return ("draft" in form.dataset && attempt(() => JSON.parse(localStorage.getItem(key)))) || {};
  }

  function holdsAnswers(draft) {
    return Object.entries(draft).some(([name, values]) => name !== DRAW && values.some(Boolean));
  }

  function names() {
    const all = Array.from(form.elements, (element) => element.name);
    return [...new Set(all)].filter((name) => name && !NOT_KEPT.includes(name));
  }

  function saveDraft() {
    if (isShared()) return;
    const draft = readDraft();
    const data = new FormData(form);
    for (const name of names()) draft[name] = data.getAll(name);
    if (holdsAnswers(draft)) attempt(() => localStorage.setItem(key, JSON.stringify(draft)));
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
        if (values.some(Boolean)) values.forEach((value) => addHidden(name, value));
      } else if (["checkbox", "radio"].includes(shown[0].type)) {
        shown.forEach((box) => { box.checked = values.includes(box.value); });
      } else {
        shown.forEach((box, position) => { box.value = values[position] || ""; });
      }
    }
  }

  function forget(draftKey) {
    attempt(() => localStorage.removeItem(draftKey));
  }

  function showDevice() {
    const line = document.querySelector("[data-device]");
    if (!line || !("draft" in form.dataset)) return;
    const note = line.querySelector("[data-device-note]");
    const button = line.querySelector("[data-forget]");
    const say = () => {
      note.textContent = isShared() ? note.dataset.shared : note.dataset.kept;
      button.hidden = isShared();
    };
    line.hidden = false;
    say();
    button.addEventListener("click", () => {
      attempt(() => sessionStorage.setItem(SHARED, "yes"));
      forget(key);
      say();
    });
  }

  // --- boxes --------------------------------------------------------------------------------------------

  function grow(box) {
    if (CSS.supports("field-sizing", "content")) return;
    box.style.height = "auto";
    box.style.height = box.scrollHeight + 2 + "px";
  }

  function textBoxes(within) {
    return Array.from(within.querySelectorAll("textarea, input:not([type])"));
  }

  function countDown(line) {
    const texts = textBoxes(form).filter((box) => box.name === line.dataset.of).map((box) => box.value.replace(/\r\n/g, "\n").trim());
    const left = Number(line.dataset.limit) - Array.from(texts.filter(Boolean).join("\n")).length;
    line.classList.toggle("over", left < 0);
    line.textContent = (left < 0 ? line.dataset.over : line.dataset.left).replace("{n}", Math.abs(left).toLocaleString(document.documentElement.lang));
    // Announced only where it matters; a counter that speaks at every key is noise.
    if (left < 50) line.setAttribute("role", "status");
    else line.removeAttribute("role");
  }

  function refreshBoxes() {
    form.querySelectorAll("textarea").forEach(grow);
    form.querySelectorAll("[data-limit]").forEach(countDown);
    form.querySelectorAll(".field").forEach(showHints);
  }

  // Enter leads to the next box instead of the next page.
  function goToNextBox(event) {
    const boxes = textBoxes(form).filter((box) => box.name === event.target.name);
    const next = boxes[boxes.indexOf(event.target) + 1];
    if (event.key !== "Enter" || event.isComposing || boxes.length < 2) return;
    event.preventDefault();
    if (next) next.focus();
  }

  // What matters most cannot matter least.
  function freeTheOther(radio) {
    const other = radio.name.endsWith("-most") ? radio.name.replace(/most$/, "least") : radio.name.replace(/least$/, "most");
    Array.from(form.elements).forEach((element) => {
      if (element.type === "radio" && element.name === other && element.value === radio.value) element.checked = false;
    });
  }

  // --- hints --------------------------------------------------------------------------------------------

  const MAIL = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
  const PHONE = /(?<![\p{L}\p{Nd}])\+?\p{Nd}(?:[\s()./-]{0,2}\p{Nd}){6,14}(?!\p{Nd})/gu;
  const NAME = /(?<![\p{L}\p{N}'’-])\p{Lu}\p{Ll}+(?:-\p{Lu}\p{Ll}+)?\s\p{Lu}\p{Ll}+(?:-\p{Lu}\p{Ll}+)?(?![\p{L}\p{N}])/gu;
  const TITLE = /(?<!\p{L})(?:Herr|Frau|Mr|Mrs|Ms|Miss|Dr|Prof|Sra|Sr|Don|Doña|Señora|Señor)\.?\s\p{Lu}\p{L}+/gu;
  // Years from … to, dates, and large numbers in groups of three.
  const NO_PHONE = /^(?:(?:19|20)\p{Nd}{2}\D+(?:19|20)\p{Nd}{2}|\p{Nd}{1,2}[./-]\p{Nd}{1,2}[./-]\p{Nd}{2,4}|(?:19|20)\p{Nd}{2}-\p{Nd}{2}-\p{Nd}{2}|[1-9]\p{Nd}{0,2}(?:[\s.]\p{Nd}{3})+)$/u;

  function startsSentence(text, index) {
    return /(?:^|[.!?…\n]\s*)$/.test(text.slice(0, index));
  }

  function hintsIn(text, withNames) {
    const german = document.documentElement.lang === "de";
    const found = [];
    for (const match of text.matchAll(MAIL)) found.push(["mail", match[0]]);
    for (const match of text.matchAll(PHONE)) if (!NO_PHONE.test(match[0])) found.push(["phone", match[0]]);
    if (withNames) {
      for (const match of text.matchAll(TITLE)) found.push(["name", match[0]]);
      for (const match of text.matchAll(NAME)) {
        // German begins every noun with a capital, so that two of them in a row mean little at a beginning.
        if (german && startsSentence(text, match.index)) continue;
        if (!found.some(([, words]) => words.includes(match[0]))) found.push(["name", match[0]]);
      }
    }
    return [...new Map(found.map(([kind, words]) => [words, kind])).entries()];
  }

  function sentence([words, kind]) {
    return form.getAttribute("data-hint-" + kind).replace("{words}", () => "\u2068" + words + "\u2069");
  }

  function nameless(name) {
    return form.dataset.nameless.split(" ").includes(name);
  }

  // What stands in several boxes is pointed out once.
  function sentences(boxes) {
    return [...new Set(boxes.flatMap((box) => hintsIn(box.value, !nameless(box.name)).map(sentence)))];
  }

  function showHints(field) {
    const boxes = textBoxes(field);
    if (!boxes.length) return;
    let line = field.querySelector(".hint");
    if (!line) {
      line = document.createElement("p");
      line.className = "hint";
      line.setAttribute("role", "status");
      field.append(line);
    }
    const found = sentences(boxes);
    const words = found.length ? [...found, form.dataset.hintAdvice].join(" ") : "";
    if (line.textContent !== words) line.textContent = words;
  }

  function showAllHints() {
    const place = document.querySelector("[data-all-hints]");
    if (!place) return;
    const written = Array.from(form.elements).filter((element) => element.type === "hidden" && element.name.startsWith("answer-"));
    const found = sentences(written);
    place.hidden = !found.length;
    place.querySelector("ul").replaceChildren(...found.map((hint) => {
      const entry = document.createElement("li");
      entry.textContent = hint;
      return entry;
    }));
  }

  // ------------------------------------------------------------------------------------------------------

  if (form) {
    // A browser keeps what was typed into a line for other forms unless told not to; but then its Back button would
    // not bring it back to somebody without scripts, so it is told here.
    textBoxes(form).forEach((box) => { box.autocomplete = "off"; });
    restoreDraft();
    refreshBoxes();
    showAllHints();
    showDevice();
    form.addEventListener("input", (event) => {
      if (event.target.matches("textarea")) grow(event.target);
      form.querySelectorAll("[data-limit]").forEach(countDown);
      const field = event.target.closest(".field");
      clearTimeout(resting);
      resting = setTimeout(() => showHints(field), REST_MS);
      saveDraft();
    });
    form.addEventListener("change", (event) => {
      if (event.target.type === "radio") freeTheOther(event.target);
      saveDraft();
    });
    // A hint moves the buttons: it comes when the keys rest, and never while one is being pressed.
    form.addEventListener("pointerdown", () => clearTimeout(resting));
    form.addEventListener("keydown", (event) => {
      if (event.target.matches(".box textarea, .box input")) goToNextBox(event);
    });
    form.addEventListener("submit", (event) => {
      saveDraft();
      if (!isShared() && event.submitter && ["send", "blurred"].includes(event.submitter.value)) {
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
    if (note && holdsAnswers(readDraft())) {
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
