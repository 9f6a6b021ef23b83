import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import { chromium as launcher, type Browser, type BrowserContext, type Page } from "playwright-core";
import { onTestFinished, type TestContext } from "vitest";

/** One process and no GPU: what runs in a container without the libraries and devices of a desktop. */
const args = [
  "--headless=shell",
  "--no-sandbox",
  "--no-zygote",
  "--single-process",
  "--in-process-gpu",
  "--disable-gpu",
];

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in the page: errors on its console (a broken content policy is one) and uncaught exceptions. */
  readonly errors: readonly string[];
  /** Hosts that the page asked for anything, with their ports. */
  readonly hosts: ReadonlySet<string>;
  /** Saves a picture. SLIPWAY_PICTURES names a folder to keep it in. @returns its path */
  picture(name: string): Promise<string>;
}

/**
 * A page in the Chromium that npm ships. Where it cannot start, the test fails in CI and is skipped elsewhere, saying so.
 */
export async function openBrowser(test: TestContext): Promise<Visit> {
  const browser = await launch(test);
  onTestFinished(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const errors: string[] = [];
  const hosts = new Set<string>();
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== "data:" && protocol !== "blob:") hosts.add(host);
  });
  return { page, context, errors, hosts, picture: (name) => takePicture(page, name) };
}

async function launch(test: TestContext): Promise<Browser> {
  try {
    return await launcher.launch({ executablePath: await chromium.executablePath(), args });
  } catch (error) {
    if (process.env["CI"]) throw error;
    console.error(`SKIPPED, Chromium does not start on this machine: ${(error as Error).message}`);
    return test.skip("Chromium does not start on this machine");
  }
}

async function takePicture(page: Page, name: string): Promise<string> {
  const folder = process.env["SLIPWAY_PICTURES"] ?? mkdtempSync(join(tmpdir(), "slipway-pictures-"));
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  return path;
}
