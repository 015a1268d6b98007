"""What the page does: filters and sorts its table. Without scripts the table is whole, in the order of the chip."""

from __future__ import annotations

SCRIPT = """
const table = document.getElementById("blocks"), body = table.tBodies[0];
const words = document.getElementById("words"), state = document.getElementById("state");
const shown = document.getElementById("shown"), rows = Array.from(body.rows);
function filter() {
  const wanted = words.value.toLowerCase().split(" ").filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const said = row.textContent.toLowerCase();
    const fits = (!state.value || row.dataset.state === state.value) && wanted.every((word) => said.includes(word));
    row.hidden = !fits;
    count += fits;
  }
  shown.textContent = count + " of " + rows.length + " blocks";
}
function key(row, column) {
  const cell = row.cells[column];
  return cell.dataset.key === undefined ? cell.textContent : Number(cell.dataset.key);
}
function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
function sort(event) {
  const head = event.currentTarget.parentElement, column = head.cellIndex;
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  rows.sort((a, b) => (down ? -1 : 1) * compare(key(a, column), key(b, column)));
  body.append(...rows);
}
words.addEventListener("input", filter);
state.addEventListener("input", filter);
for (const button of table.tHead.querySelectorAll("button")) button.addEventListener("click", sort);
for (const tile of document.querySelectorAll("a.tile")) tile.addEventListener("click", () => {
  words.value = state.value = "";
  filter();
});
document.getElementById("tools").hidden = false;
filter();
"""
