/** One OpenAPI document that the page offers. */
export interface Source {
  readonly title: string;
  readonly slug: string;
  readonly url: string;
}

/**
 * Scalar writes style elements and attributes as it goes, so inline styles must pass; scripts, requests and frames are this
 * server's own or none. Images may be data, which its icons are.
 */
export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'none'",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join("; ");

/** Whatever would reach another host, or offer to, is off. */
const configuration = {
  withDefaultFonts: false,
  proxyUrl: "",
  telemetry: false,
  agent: { disabled: true, hideAddApi: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  documentDownloadType: "direct",
  persistAuth: false,
};

/** The page of the API reference. `base` is the path below which a proxy serves, or "". */
export function renderPage(base: string, sources: readonly Source[]): string {
  const settings = escapeHtml(JSON.stringify({ ...configuration, sources }));
  const links = sources.map(({ title, url }) => `<li><a href="${escapeHtml(url)}">${escapeHtml(title)}</a></li>`);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Slipway API</title>
    <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}" />
  </head>
  <body>
    <noscript>
      <p>This page needs JavaScript. The OpenAPI documents that it shows:</p>
      <ul>${links.join("")}</ul>
    </noscript>
    <script id="api-reference" type="application/json" data-configuration="${settings}"></script>
    <script src="${escapeHtml(base)}/docs/scalar.js"></script>
  </body>
</html>
`;
}

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#0a7ea4" d="M1 4l14 5v3L1 7zM2 13h12v1H2z"/></svg>';

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
