/** A message of several lines (of a model, a command, SQL) as the one sentence that it has to be in tables, events and alerts. */
export function oneLine(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}
