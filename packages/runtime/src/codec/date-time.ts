const pattern =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** A date, or a date with a time, as ISO 8601 and pandas write them: `2026-03-01`, `2026-03-01T12:00:00.5Z`. */
export function isDateTime(text: string): boolean {
  const day = pattern.exec(text)?.[1];
  if (day === undefined) return false;
  // Most months have all days that the pattern lets through up to 28.
  if (Number(day.slice(8)) <= 28) return true;
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
