// Enhancements only: every page works without this file.

// Keep a job's progress bar moving and go on to its result.
const panel = document.querySelector("[data-job]");
if (panel) {
  const bar = panel.querySelector("progress");
  const step = panel.querySelector("#job-step");
  const count = panel.querySelector("[data-job-count]");
  const look = async () => {
    try {
      const answer = await fetch(panel.dataset.job, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        const job = await answer.json();
        if (!job.unfinished) {
          if (job.state === "done") window.location.assign(job.result_url);
          else window.location.reload();
          return;
        }
        if (job.step && step.textContent !== job.step) step.textContent = job.step;
        if (job.n_total) {
          bar.max = job.n_total;
          bar.value = job.n_done;
          count.textContent = count.dataset.jobCount.replace("{done}", job.n_done).replace("{total}", job.n_total);
        }
      }
    } catch {
      // The server may be restarting; the next look tells.
    }
    window.setTimeout(look, 500);
  };
  look();
}

// Select a link that is there to be copied.
for (const field of document.querySelectorAll("[data-select]")) {
  field.addEventListener("focus", () => field.select());
}
