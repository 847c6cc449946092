// One device, many people: pages change without entering the browser's history, and a device that is left alone
// goes back to the start. Without this file the server does the same, a little later.
(function () {
  "use strict";

  const settings = document.currentScript || document.querySelector("script[data-start]");
  const { start, seconds } = settings.dataset;
  let timer;

  function wait() {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => location.replace(start), Number(seconds) * 1000);
  }

  async function turn(event) {
    event.preventDefault();
    const form = event.target;
    const body = new URLSearchParams(new FormData(form, event.submitter));
    try {
      const answer = await fetch(form.action, { method: "POST", body, cache: "no-store" });
      const page = await answer.text();
      window.clearTimeout(timer);
      document.open();
      document.write(page);
      document.close();
      window.scrollTo(0, 0);
    } catch {
      form.submit();
    }
  }

  document.addEventListener("submit", turn);
  ["input", "click", "scroll", "keydown"].forEach((kind) => document.addEventListener(kind, wait, { passive: true }));
  // A page that comes back from the browser's memory belongs to somebody else.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.replace(start); });
  wait();
})();
