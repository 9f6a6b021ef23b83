import { SlipwayError } from "@slipway/contract";

const loopbackNames = /^(localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]|::1)$/;

export function isLoopback(host: string): boolean {
  return loopbackNames.test(host);
}

/** The host of a `Host` header or an origin, without its port. */
function hostOf(authority: string): string {
  return authority.replace(/:[0-9]+$/, "").toLowerCase();
}

/** What nearly every request names; comparing is cheaper than looking at it again. */
let lastGoodHost: string | undefined;

/**
 * On a loopback server without tokens, a browser is the only stranger: a page of another site may not reach it by a name that
 * resolves to 127.0.0.1 (DNS rebinding), nor send it requests from its own origin.
 * @throws SlipwayError `foreign_origin`
 */
export function checkOrigin(headers: { host?: string | undefined; origin?: string | undefined }): void {
  const { host } = headers;
  if (host === lastGoodHost && headers.origin === undefined) return;
  if (host !== undefined && !isLoopback(hostOf(host)))
    throw new SlipwayError(
      "foreign_origin",
      `This server answers only as localhost; the request named ${JSON.stringify(host)}.`,
    );
  const { origin } = headers;
  if (origin === undefined) {
    lastGoodHost = host;
    return;
  }
  const match = /^https?:\/\/(.+)$/.exec(origin);
  if (!match || !isLoopback(hostOf(match[1]!)))
    throw new SlipwayError("foreign_origin", `A web page of ${JSON.stringify(origin)} may not call this server.`);
}

const formTypes = /^\s*(text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\b/i;

/**
 * A plain web form can send three content types without asking the server first; a change of the control plane takes none of them.
 * @throws SlipwayError `unsupported_media_type`
 */
export function checkWrite(contentType: string | undefined): void {
  if (contentType === undefined || formTypes.test(contentType))
    throw new SlipwayError(
      "unsupported_media_type",
      `A change needs a content type that a web form cannot send; add the header "content-type: application/json"${contentType === undefined ? "" : ` (got ${contentType})`}.`,
    );
}
