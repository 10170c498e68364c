// Keys for lists and forms, and live progress. Every page works without this file.
"use strict";
const rows = () => [...document.querySelectorAll("a.row")];
const typing = (element) => element.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const links = rows(), at = links.indexOf(document.activeElement);
  if (event.key === "j" && links.length) links[Math.min(at + 1, links.length - 1)].focus();
  else if (event.key === "k" && links.length) links[Math.max(at - 1, 0)].focus();
  else {
    const field = document.querySelector(`[data-focus="${CSS.escape(event.key)}"]`);
    const choice = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (field) field.focus();
    else if (choice) choice.checked = true;
    else if (link) link.click();
    else return;
  }
  event.preventDefault();
});
document.querySelector("a.row[aria-current]")?.focus({ preventScroll: true });
const works = document.getElementById("works");
if (works && works.querySelector(".work")) {
  const source = new EventSource(works.dataset.progress);
  source.onmessage = (message) => {
    let running = false;
    for (const work of JSON.parse(message.data)) {
      const shown = works.querySelector(`[data-work="${work.number}"]`);
      if (!shown) continue;
      running = running || !work.done;
      shown.querySelector(".state").textContent = work.done ? works.dataset.ended : works.dataset.runs;
      const lines = Object.entries(work.at).map(([who, where]) => {
        const line = document.createElement("li");
        line.textContent = `${who}: ${where}`;
        return line;
      });
      shown.querySelector(".at").replaceChildren(...lines);
      if (work.done && shown.querySelector("form")) location.reload();
    }
    if (!running) source.close();
  };
  source.onerror = () => source.close();
}
