/** A request that tells a channel something. */
export interface ChannelPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const agent = "slipway";
export const jsonHeaders = { "content-type": "application/json", "user-agent": agent };

export function toIso(at: number): string {
  return new Date(at).toISOString();
}

/** At most so many characters, the last one a sign that there were more. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
