// Warns a while before a session ends, as long as the trust says, and keeps it at one press; when it is over, says so. What was typed stays.
"use strict";
const box = document.getElementById("session");
const [words, stay, again] = [box.querySelector("p"), box.querySelector("button"), box.querySelector("a")];
let warn = 120;
let timer;

function typed() {
  // What came back with a fault was typed as well, and is what its fields began with.
  if (document.querySelector("main .faults")) return true;
  const first = (list) => Math.max(0, [...list.options].findIndex((one) => one.defaultSelected));
  const chosen = [...document.querySelectorAll("main select")].some((list) => list.selectedIndex !== first(list));
  const ticked = [...document.querySelectorAll("main input[type=checkbox], main input[type=radio]")].some((one) => one.checked !== one.defaultChecked);
  const fields = document.querySelectorAll("main input:not([type=hidden]):not([type=checkbox]):not([type=radio]), main textarea");
  return chosen || ticked || [...fields].some((field) => field.value !== field.defaultValue);
}

function over() {
  if (!typed()) return location.replace(`/signed-out?late=1&next=${encodeURIComponent(location.pathname + location.search)}`);
  words.textContent = box.dataset.over;
  [box.hidden, stay.hidden, again.hidden] = [false, true, false];
}

async function look(options) {
  clearTimeout(timer);
  let left = warn;
  try {
    const answer = await fetch("/session", options);
    ({ left, warn } = await answer.json());
  } catch {
    // The line is down: ask again in a while.
    timer = setTimeout(look, 30000);
    return;
  }
  if (left <= 0) return over();
  box.hidden = left > warn;
  [stay.hidden, again.hidden] = [false, true];
  words.textContent = box.dataset.soon;
  timer = setTimeout(look, 1000 * (left > warn ? Math.min(left - warn + 1, 86400) : Math.min(left + 1, 20)));
}

stay.addEventListener("click", () => look({ method: "POST" }));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
look();
