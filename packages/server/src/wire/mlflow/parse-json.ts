/** JSON, also with NaN, Infinity and -Infinity as bare words, which is how Python writes them; undefined for what is neither. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseWithWords(text);
  }
}

/** A text, to its end whatever that is, so that nothing is looked at twice; or one of the words. */
const textOrWord = /"(?:[^"\\]|\\[^])*(?:"|\\?$)|-?\bInfinity\b|\bNaN\b/g;

function parseWithWords(text: string): unknown {
  try {
    return JSON.parse(text.replaceAll(textOrWord, (found) => (found.startsWith('"') ? found : `"${found}"`)));
  } catch {
    return undefined;
  }
}
