/** Flags as they are typed and what they mean: "-m, --message <text>", "--scope <read|admin>" with its choices. */
export type OptionOutline = readonly [flags: string, meaning: string];

/** How a command is called; what it does is elsewhere. */
export interface CommandOutline {
  /** Words and arguments: "alias set <address> <alias>"; `[x]` is optional, `<a|b>` is one of these words. */
  readonly usage: string;
  readonly summary: string;
  /** A trailing "!" on the flags: mandatory. */
  readonly options?: readonly OptionOutline[];
  /** More to know than the summary says. */
  readonly about?: string;
  readonly examples: readonly string[];
  /** Takes options that are not listed, and hands them on. */
  readonly open?: boolean;
}

/** The words of `<a|b>`; null where any value may stand. */
export function choicesOf(text: string): readonly string[] | null {
  return /[<[]([^<>[\]]+\|[^<>[\]]+)[>\]]/.exec(text)?.[1]?.split("|") ?? null;
}
