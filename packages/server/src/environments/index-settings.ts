import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Where packages and interpreters come from. Addresses may hold credentials: they are never shown. */
export interface IndexSettings {
  /** Null: PyPI. */
  readonly indexUrl: string | null;
  /** Separated by spaces; what is found there is taken first. */
  readonly extraIndexUrl: string | null;
  /** A folder or a page of wheels. */
  readonly findLinks: string | null;
  /** Nothing but `findLinks` and what was fetched before. */
  readonly noIndex: boolean;
  /** For HTTP and HTTPS. Null: what the environment variables of the server say. */
  readonly proxy: string | null;
  /** Certificates of authorities to trust, PEM. Null: the system's. */
  readonly caFile: string | null;
  /** In place of the releases of python-build-standalone on GitHub. */
  readonly pythonMirror: string | null;
}

/** PyPI, as the machine reaches it. */
export const publicIndex: IndexSettings = {
  indexUrl: null,
  extraIndexUrl: null,
  findLinks: null,
  noIndex: false,
  proxy: null,
  caFile: null,
  pythonMirror: null,
};

/** Where systems keep the certificates that they trust. */
const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** As environment variables, which other users of the machine cannot read, as they can a command line. */
export function toUvVariables(index: IndexSettings, moreLinks: readonly string[]): Record<string, string> {
  const links = [...(index.findLinks === null ? [] : [toLink(index.findLinks)]), ...moreLinks.map(toLink)];
  return {
    ...toProxyVariables(index),
    ...(index.caFile === null ? { UV_SYSTEM_CERTS: "true" } : { SSL_CERT_FILE: resolve(index.caFile) }),
    ...(index.indexUrl !== null && { UV_DEFAULT_INDEX: index.indexUrl }),
    ...(index.extraIndexUrl !== null && { UV_INDEX: index.extraIndexUrl }),
    ...(links.length > 0 && { UV_FIND_LINKS: links.map((link) => link.replaceAll(",", "%2C")).join(",") }),
    ...(index.noIndex && { UV_NO_INDEX: "true" }),
    ...(index.pythonMirror !== null && { UV_PYTHON_INSTALL_MIRROR: index.pythonMirror }),
  };
}

/** For pip, without any file of its configuration. */
export function toPipVariables(index: IndexSettings): Record<string, string> {
  const bundle = index.caFile === null ? bundles.find((path) => existsSync(path)) : resolve(index.caFile);
  return {
    PIP_CONFIG_FILE: "/dev/null",
    ...toProxyVariables(index),
    ...(bundle !== undefined && { PIP_CERT: bundle }),
    ...(index.indexUrl !== null && { PIP_INDEX_URL: index.indexUrl }),
    ...(index.extraIndexUrl !== null && { PIP_EXTRA_INDEX_URL: index.extraIndexUrl }),
    ...(index.findLinks !== null && { PIP_FIND_LINKS: toLink(index.findLinks) }),
    ...(index.noIndex && { PIP_NO_INDEX: "1" }),
  };
}

function toProxyVariables({ proxy }: IndexSettings): Record<string, string> {
  return proxy === null ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, http_proxy: proxy, https_proxy: proxy };
}

function toLink(place: string): string {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(place) ? place : pathToFileURL(resolve(place)).href;
}

/** The text without the credentials of any address, and without those of the settings in whatever form. */
export function hideCredentials(text: string, index: IndexSettings): string {
  const hidden = text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@]*@/gi, "$1***@");
  const places = [index.indexUrl, index.extraIndexUrl, index.findLinks, index.proxy, index.pythonMirror];
  const secrets = places.flatMap((place) => (place ?? "").split(/\s+/)).flatMap(secretsOf);
  return secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, "***"), hidden);
}

function secretsOf(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { password } = new URL(address);
  return password.length < 4 ? [] : [password, decodeURIComponent(password)];
}
