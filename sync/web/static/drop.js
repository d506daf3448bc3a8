"use strict";
// Makes the field of a file a place to drop one on, says which it is, and does not send one that is too large.
(() => {
  const place = document.querySelector("[data-drop]");
  const field = place.querySelector("input[type=file]");
  const said = place.querySelector("[data-said]");
  const send = place.closest("form");

  const fits = () => {
    const file = field.files[0];
    if (!file) {
      return true;
    }
    const large = file.size > Number(place.dataset.largest);
    field.setCustomValidity(large ? place.dataset.tooLarge : "");
    const size = (file.size / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
    said.textContent = large ? place.dataset.tooLarge : `${file.name} · ${size} ${place.dataset.unit}`;
    return !large;
  };

  const over = (event) => {
    event.preventDefault();
    place.classList.add("over");
  };
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, over);
  }
  for (const name of ["dragleave", "dragend"]) {
    document.addEventListener(name, () => place.classList.remove("over"));
  }
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    if (event.dataTransfer.files.length) {
      field.files = event.dataTransfer.files;
      if (fits()) {
        send.requestSubmit();
      }
    }
  });
  field.addEventListener("change", fits);
})();
