/** Words that some version of YAML takes for something else than text. */
const reserved = /^(?:true|false|null|yes|no|on|off|y|n|nan|inf)$/i;

/** A text as a scalar of YAML, on one line, also inside of a flow map: as it is where it can be, else in double quotes. */
export function yamlText(text: string): string {
  return /^[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*$/.test(text) && !reserved.test(text)
    ? text
    : JSON.stringify(text).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escape);
}

/** What JSON leaves as it is and YAML takes for the end of a line, or refuses. */
function escape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A text from elsewhere inside of a comment: it must not end the line. */
export function commentText(text: string): string {
  return /^[\w ./-]+$/.test(text) ? text : yamlText(text);
}
