interface Program {
  readonly kind: string;
  readonly flavor?: string;
  readonly original?: { readonly flavor: string };
  readonly translation?: Translation;
  readonly command?: readonly string[];
  readonly url?: string;
}

interface Translation {
  readonly outcome: string;
  readonly reason: string;
  readonly rows?: number;
  readonly worst?: { readonly output: string; readonly expected: unknown; readonly got: unknown } | null;
  readonly originalMs?: number;
  readonly translatedMs?: number;
  readonly packages?: Readonly<Record<string, string>>;
}

/** Which runtime serves a version and, where it is a translation, how far that was proven; a fact a line. Null: the file itself, as ONNX. */
export function runtimeText(stored: unknown): string | null {
  const program = (stored ?? { kind: "onnx" }) as Program;
  const { kind, flavor, original, translation, command, url } = program;
  if (kind === "python") return [`Python (${flavor})`, ...whyNot(translation)].join("\n");
  if (kind === "command") return `command: ${(command ?? []).join(" ")}`;
  if (kind === "remote") return `remote: ${url}`;
  if (original === undefined || translation === undefined) return null;
  return [`ONNX, translated from Python (${original.flavor})`, ...proofLines(translation)].join("\n");
}

function whyNot(translation: Translation | undefined): string[] {
  return translation === undefined ? [] : [`not as ONNX: ${translation.reason}`];
}

function proofLines({ rows, worst, originalMs, translatedMs, packages = {} }: Translation): string[] {
  const lines = [`proven on ${rows} rows`];
  if (worst === null) lines.push("worst difference: none, to the last bit");
  else if (worst !== undefined)
    lines.push(`worst difference: ${worst.output} ${JSON.stringify(worst.got)} for ${JSON.stringify(worst.expected)}`);
  if (originalMs !== undefined && translatedMs !== undefined)
    lines.push(
      `gain: a row in ${ms(translatedMs)} instead of ${ms(originalMs)} ms (${times(originalMs / translatedMs)})`,
    );
  const tools = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return tools.length > 0 ? [...lines, `translated by ${tools.join(", ")}`] : lines;
}

function ms(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toPrecision(2);
}

function times(factor: number): string {
  return `${factor >= 10 ? factor.toFixed(0) : factor.toPrecision(2)} times as fast`;
}
