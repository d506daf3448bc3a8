"use strict";
// Makes the field of a file a place to drop one on, says which it is, and does not send one that is too large.
(() => {
  const place = document.querySelector("[data-drop]");
  const field = place.querySelector("input[type=file]");
  const said = place.querySelector("[data-said]");
  const send = place.closest("form");

  const sized = (bytes) => {
    const [kilo, mega] = place.dataset.units.split(" ");
    const [size, unit] = bytes < 1e6 ? [Math.ceil(bytes / 1e3), kilo] : [bytes / 1e6, mega];
    return `${size.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} ${unit}`;
  };

  const fits = () => {
    const file = field.files[0];
    if (!file) {
      return true;
    }
    const large = file.size > Number(place.dataset.largest);
    field.setCustomValidity(large ? place.dataset.tooLarge : "");
    said.textContent = large ? place.dataset.tooLarge : `${file.name} · ${sized(file.size)}`;
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
