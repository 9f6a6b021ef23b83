import { statSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { flights, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";
import { openBrowser } from "./browser.ts";

const server = useServer();

beforeAll(async () => {
  await deploy(server.url, flights.v1);
  await deploy(server.url, smallModel("columns"), { name: "churn" });
}, 60_000);

test("/docs shows the server's document and those of its endpoints, and asks nobody else for anything", async (context) => {
  const { page, errors, hosts, picture } = await openBrowser(context);
  await page.goto(`${server.url}/docs`);
  await page.getByRole("heading", { name: "Slipway" }).waitFor();
  await page.getByText("/api/v1/server", { exact: true }).first().waitFor();
  expect(statSync(await picture("docs")).size).toBeGreaterThan(20_000);

  await page.getByRole("button", { name: "Slipway" }).first().click();
  await page.getByRole("option", { name: "churn" }).waitFor();
  await page.getByRole("option", { name: "flight-delay" }).click();
  await page.getByRole("heading", { name: "flight-delay" }).waitFor();
  await page.getByRole("heading", { name: /^Predict one record/ }).waitFor();
  for (const input of ["origin", "destination", "hour", "weekday", "distance"])
    await page.getByText(input, { exact: true }).first().waitFor();
  expect(statSync(await picture("docs-endpoint")).size).toBeGreaterThan(20_000);

  await page
    .getByRole("button", { name: /Search/ })
    .first()
    .click();
  await page.keyboard.type("predict");
  await page.getByRole("option", { name: /Predict one record/ }).waitFor();
  await picture("docs-search");

  expect(errors).toEqual([]);
  expect([...hosts]).toEqual([new URL(server.url).host]);
}, 90_000);

test("a request that is tried out on the page is answered", async (context) => {
  const { page, errors, hosts, picture } = await openBrowser(context);
  await page.goto(`${server.url}/docs#endpoint-flight-delay/POST/predict`);
  await page
    .getByRole("button", { name: /Test Request/ })
    .first()
    .click();
  const answered = page.waitForResponse((response) => response.url().endsWith("/endpoints/flight-delay/predict"));
  await page.getByRole("button", { name: /^Send/ }).first().click();
  expect((await answered).request().method()).toBe("POST");
  await picture("docs-try");
  expect(errors.filter((error) => !error.includes("status of 400"))).toEqual([]);
  expect([...hosts]).toEqual([new URL(server.url).host]);
}, 90_000);
