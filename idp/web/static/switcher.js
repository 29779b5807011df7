// The list of sites in the bar's dialog, and its tabs: two letters and Enter open one, Escape closes it. Without it, the list is links.
"use strict";
const field = document.getElementById("find");
const items = [...document.querySelectorAll("li[data-name]")];
const tell = (message) => { if (window.parent !== window) window.parent.postMessage(message, "*"); };
const grown = () => tell({ lanyardHeight: document.documentElement.scrollHeight });

if (field) {
  field.closest("div").hidden = items.length < 2;
  const matches = () => items.filter((item) => !item.hidden);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const item of items) item.hidden = !item.dataset.name.toLowerCase().split(/\s+/).some((word) => word.startsWith(wanted));
    grown();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && matches().length) { event.preventDefault(); matches()[0].querySelector("a").click(); }
    if (event.key === "ArrowDown" && matches().length) { event.preventDefault(); matches()[0].querySelector("a").focus(); }
  });
  window.addEventListener("focus", () => field.focus());
  field.focus();
}
document.addEventListener("keydown", (event) => { if (event.key === "Escape") tell("lanyard:close"); });
// As tabs it says how wide they are, and nothing where there are none.
if (!document.body.matches(".sitetabs")) grown();
else if (document.querySelector("li")) tell({ lanyardWidth: Math.ceil(document.querySelector("ul").getBoundingClientRect().width) });
