"use strict";
// Offers words of the rule language below a rule, by their letters or by what they mean, and puts in the chosen one.
(() => {
  const field = document.querySelector("textarea[data-words]");
  const list = document.getElementById("offered");
  const known = JSON.parse(document.getElementById("words").textContent);
  const MOST = 8;
  const IN_SEGMENT = /\b(?:in_segment\s*\(|segment\s*=)\s*('?[^'()]*)$/i;
  const VALUE = /([a-z_]+)\s*(?:!?=|(?:not\s+)?in\s*\((?:[^()]*,)?|contains\b)\s*('?[^'()\s,]*)$/i;
  const WORD = /['\p{L}\p{N}_.]*$/u;

  const bare = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  // What is being written, and what it could become.
  function asked() {
    const before = field.value.slice(0, field.selectionStart);
    const segment = IN_SEGMENT.exec(before);
    if (segment) return { typed: segment[1], from: known.segments, least: 0 };
    const value = VALUE.exec(before);
    const values = value && known.values[value[1].toLowerCase()];
    if (values) return { typed: value[2], from: values, least: 0 };
    return { typed: WORD.exec(before)[0], from: [...known.words, ...known.segments], least: 2 };
  }

  // The lower, the nearer: a word that begins so, one that means something that begins so, one that holds it at all.
  function distance(one, typed) {
    const word = bare(one.word).replaceAll("'", "");
    if (word.startsWith(typed)) return 0;
    if (` ${one.sought}`.includes(` ${typed}`)) return 1;
    return typed.length > 2 && `${word} ${one.sought}`.includes(typed) ? 2 : 3;
  }

  function choose(word) {
    const at = field.selectionStart;
    field.setRangeText(word + " ", at - asked().typed.length, at, "end");
    list.replaceChildren();
    field.focus();
  }

  function offer() {
    const { typed, from, least } = asked();
    const letters = bare(typed).replaceAll("'", "");
    const near = [0, 1, 2].flatMap((far) => from.filter((one) => distance(one, letters) === far));
    const fits = letters.length < least || from.some((one) => one.word === typed) ? [] : near;
    list.replaceChildren(
      ...fits.slice(0, MOST).map((one) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        const code = document.createElement("code");
        button.type = "button";
        code.textContent = one.word;
        button.append(code, ` ${one.told}`);
        button.addEventListener("click", () => choose(one.word));
        item.append(button);
        return item;
      }),
    );
  }

  field.addEventListener("input", offer);
  field.addEventListener("click", offer);
  field.addEventListener("keydown", (event) => {
    const first = list.querySelector("code");
    if (event.key === "Tab" && !event.shiftKey && first) {
      event.preventDefault();
      choose(first.textContent);
    } else if (event.key === "Escape") {
      list.replaceChildren();
    }
  });
})();
