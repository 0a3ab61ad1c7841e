/** Runs in the browser: sorting by a click on a heading, and the search. Without it everything is still there to read. */
export const PAGE_SCRIPT = `
'use strict';
for (const heading of document.querySelectorAll('table.sortable th')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener('click', () => sortBy(heading));
}
function sortBy(heading) {
  const table = heading.closest('table');
  const index = [...heading.parentNode.children].indexOf(heading);
  const numeric = heading.classList.contains('number');
  const before = heading.getAttribute('aria-sort');
  const descending = before === null ? numeric : before === 'ascending';
  for (const other of heading.parentNode.children) other.removeAttribute('aria-sort');
  heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  const keys = [...table.tBodies[0].rows].map(row => [keyOf(row.cells[index], numeric), row]);
  keys.sort(([a], [b]) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const order = numeric ? a - b : a.localeCompare(b, undefined, {numeric: true});
    return descending ? -order : order;
  });
  table.tBodies[0].append(...keys.map(([, row]) => row));
}
function keyOf(cell, numeric) {
  if (!numeric) return cell.textContent;
  return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
}
for (const input of document.querySelectorAll('input[data-search]')) {
  input.closest('[hidden]').hidden = false;
  const rows = [...document.getElementById(input.dataset.search).tBodies[0].rows];
  const texts = rows.map(row => row.textContent.toLowerCase());
  const found = input.parentNode.querySelector('output');
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\\s+/);
    let count = 0;
    rows.forEach((row, index) => {
      row.hidden = !words.every(word => texts[index].includes(word));
      if (!row.hidden) count++;
    });
    found.textContent = input.value === '' ? '' : count + ' of ' + rows.length;
  });
}
`
