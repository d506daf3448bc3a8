"use strict";
// Offers the words of the rule language below a rule, and puts in the one that is chosen.
(() => {
  const field = document.querySelector("textarea[data-words]");
  const list = document.getElementById("offered");
  const words = JSON.parse(document.getElementById("words").textContent);
  const MOST = 8;

  function begun() {
    const before = field.value.slice(0, field.selectionStart);
    return /['\w.]*$/.exec(before)[0];
  }

  function choose(word) {
    const at = field.selectionStart;
    field.setRangeText(word + " ", at - begun().length, at, "end");
    list.replaceChildren();
    field.focus();
  }

  function offer() {
    const typed = begun().toLowerCase();
    const fits = typed.length < 2 ? [] : words.filter((word) => word.toLowerCase().startsWith(typed) && word.toLowerCase() !== typed);
    list.replaceChildren(
      ...fits.slice(0, MOST).map((word) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = word;
        button.addEventListener("click", () => choose(word));
        item.append(button);
        return item;
      }),
    );
  }

  field.addEventListener("input", offer);
  field.addEventListener("click", offer);
  field.addEventListener("keydown", (event) => {
    const first = list.querySelector("button");
    if (event.key === "Tab" && !event.shiftKey && first) {
      event.preventDefault();
      choose(first.textContent);
    } else if (event.key === "Escape") {
      list.replaceChildren();
    }
  });
})();
