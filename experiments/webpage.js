
"use strict";

// Each header becomes a button: rising, falling, and as it was. What is missing stays at the end.
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: null }[header.getAttribute("aria-sort")];
      const order = next === undefined ? "ascending" : next;
      headers.forEach((each) => each.removeAttribute("aria-sort"));
      if (order) header.setAttribute("aria-sort", order);
      body.append(...sorted(original, column, order));
    });
  });
}

// A table wider than its box says so, and the arrow keys scroll it; whether it is changes with the window.
const watch = new ResizeObserver((boxes) => boxes.forEach(({ target }) => mark(target)));
for (const box of document.querySelectorAll(".scroll")) {
  mark(box);
  watch.observe(box);
}

function mark(box) {
  const wide = box.scrollWidth > box.clientWidth;
  box.closest("figure").classList.toggle("wide", wide);
  if (wide) box.setAttribute("tabindex", "0");
  else box.removeAttribute("tabindex");
}

function sorted(rows, column, order) {
  if (!order) return rows;
  const sign = order === "ascending" ? 1 : -1;
  const keyed = rows.map((row) => ({ row, ...key(row.cells[column]) }));
  keyed.sort((a, b) => a.missing - b.missing || (a.missing ? 0 : sign * compare(a, b)));
  return keyed.map(({ row }) => row);
}

function key(cell) {
  const number = cell.dataset.key;
  return { missing: number === "", number: number ? Number(number) : null, text: cell.textContent };
}

// Numbers come before texts; Infinity - Infinity is NaN, so no differences.
function compare(a, b) {
  if ((a.number === null) !== (b.number === null)) return a.number === null ? 1 : -1;
  if (a.number === null) return a.text.localeCompare(b.text, "en", { numeric: true });
  return (a.number > b.number) - (a.number < b.number);
}
