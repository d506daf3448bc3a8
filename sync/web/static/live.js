"use strict";
// Follows the work while a page shows some: how far each step is, and the page anew once all is done.
(() => {
  const place = document.querySelector("[data-live]");
  const events = new EventSource(place.dataset.live);
  events.onmessage = (message) => {
    for (const step of JSON.parse(message.data)) {
      const id = `${step.title}/${step.stream}`;
      const row = [...place.querySelectorAll("[data-step]")].find((found) => found.dataset.step === id);
      if (!row) {
        location.reload();
        return;
      }
      row.querySelector("[data-said]").textContent = step.said;
      const part = step.expected ? Math.min(1, step.done / step.expected) : 0;
      row.querySelector(".fill").setAttribute("width", `${100 * part}%`);
    }
  };
  events.addEventListener("end", () => {
    events.close();
    location.reload();
  });
})();
