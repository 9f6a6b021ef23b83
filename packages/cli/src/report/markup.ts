/** Text of anybody between tags, or in an attribute in double quotes. Control characters would make the file no HTML. */
export function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** A place in a picture, to a tenth of a unit. */
export function at(value: number): string {
  return String(Number(value.toFixed(1)));
}

/** Cut to a number of characters, with an ellipsis where something is missing. */
export function cut(text: string, most: number): string {
  const letters = Array.from(text);
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join("")}…`;
}

/** Cells of a column are figures at the right; those of `words` are text. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  { caption, words = [] }: { readonly caption: string; readonly words?: readonly number[] },
): string {
  const kind = (i: number): string => (i === 0 || words.includes(i) ? "" : ' class="n"');
  const head = heading.map((cell, i) => `<th scope="col"${kind(i)}>${escape(cell)}</th>`).join("");
  const body = rows.map(([first = "", ...cells]) => {
    const figures = cells.map((cell, i) => `<td${kind(i + 1)}>${escape(cell) || "–"}</td>`).join("");
    return `<tr><th scope="row">${escape(first)}</th>${figures}</tr>`;
  });
  return `<table><caption>${escape(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

export function section(id: string, title: string, body: readonly string[]): string {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${escape(title)}</h2>\n${body.join("\n")}\n</section>`;
}
