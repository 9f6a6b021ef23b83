import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { createHearing, finding } from "../../incidents/testing/hear.ts";
import { toNewsNotification, toNotification, type Notification } from "../notification.ts";
import { toAlertmanager } from "./alertmanager.ts";
import { toCloudEvent } from "./cloud-event.ts";
import { toMail } from "./mail.ts";
import { toPagerDuty } from "./pagerduty.ts";
import { toSlack } from "./slack.ts";

const at = Date.UTC(2026, 10, 22, 10);
const hearing = createHearing();
const broken = finding("quality.range", "fail", {
  column: "origin_late_3h",
  severity: "critical",
  message: "origin_late_3h is out of range in 98 % of rows & <= 1 % before.",
});
hearing.hear(0, [broken, finding("drift.input", "fail", { column: "hour", effect: 1 })]);
hearing.hear(1, [broken, finding("drift.input", "fail", { column: "hour", effect: 1 })]);
const incident = { ...hearing.incident!, told: null };
const told = { status: "open", severity: "warning", openAt: 0 } as const;
const opened = toNotification(incident, "opened", at);
const worsened = toNotification({ ...incident, told }, "worsened", at);
const over = { ...incident, resolvedAt: at, told: { ...told, severity: "critical" as const } };
const resolved = toNotification(over, "resolved", at);
const bodyOf = (post: { readonly body: string }) => JSON.parse(post.body);

test("a webhook gets a CloudEvent, signed so that any receiver of Standard Webhooks can tell", () => {
  const key = Buffer.from("a key of 24 bytes or more").toString("base64");
  const { headers, body } = toCloudEvent(opened, { url: "https://x.test/", secret: `whsec_${key}` }, { id: "d-1", at });
  expect(JSON.parse(body)).toMatchObject({
    specversion: "1.0",
    id: "d-1",
    source: "/api/v1/endpoints/flight-delay",
    type: "dev.slipway.incident.opened",
    subject: "flight-delay@3",
    time: "2026-11-22T10:00:00.000Z",
    data: { endpoint: "flight-delay", version: 3, severity: "critical", evidence: [{ column: "origin_late_3h" }, {}] },
  });
  const signed = `d-1.${at / 1000}.${body}`;
  const signature = createHmac("sha256", Buffer.from(key, "base64")).update(signed).digest("base64");
  expect(headers).toMatchObject({ "webhook-id": "d-1", "webhook-signature": `v1,${signature}` });
  expect(toCloudEvent(opened, { url: "https://x.test/", secret: null }, { id: "d-1", at }).headers).toEqual({
    "content-type": "application/cloudevents+json; charset=utf-8",
    "user-agent": "slipway",
  });
});

test("Slack gets text that is no markup of its own", () => {
  const { text, blocks } = bodyOf(toSlack(opened, { url: "https://x.test/", secret: null }));
  expect(text).toBe(
    "[critical] flight-delay@3: origin_late_3h is out of range in 98 % of rows &amp; &lt;= 1 % before.",
  );
  expect(blocks[0].text.text.length).toBeLessThanOrEqual(150);
  expect(JSON.stringify(blocks)).toContain("Next: `slipway predictions flight-delay");
});

test("PagerDuty gets one alert for a version, which ends when it is over", () => {
  const secrets = { url: "https://x.test/", secret: "R123" };
  const event = bodyOf(toPagerDuty(opened, secrets));
  expect(event).toMatchObject({
    routing_key: "R123",
    event_action: "trigger",
    dedup_key: "slipway/flight-delay/flight-delay@3",
    payload: { severity: "critical", source: "flight-delay", class: "quality.range" },
  });
  expect(bodyOf(toPagerDuty(resolved, secrets))).toMatchObject({
    event_action: "resolve",
    dedup_key: event.dedup_key,
  });
  const long: Notification = { ...opened, incident: { ...opened.incident, title: "x".repeat(5_000) } };
  expect(bodyOf(toPagerDuty(long, secrets)).payload.summary.length).toBe(1_024);
});

test("Alertmanager gets an alert for each severity, of which one is under way", () => {
  const secrets = { url: "https://x.test/am/", secret: "token" };
  const post = toAlertmanager(worsened, secrets);
  expect(post).toMatchObject({ url: "https://x.test/am/api/v2/alerts", headers: { authorization: "Bearer token" } });
  const [now, before] = bodyOf(post);
  expect(now).toMatchObject({ labels: { alertname: "SlipwayIncident", severity: "critical", version: "3" } });
  expect(Date.parse(now.endsAt)).toBeGreaterThan(at + 86_400_000);
  expect(before.labels).toEqual({ ...now.labels, severity: "warning" });
  expect(before.endsAt).toBe("2026-11-22T10:00:00.000Z");
  const ended = bodyOf(toAlertmanager(resolved, secrets));
  expect(ended).toHaveLength(1);
  expect(ended[0]).toMatchObject({ labels: now.labels, endsAt: "2026-11-22T10:00:00.000Z" });
});

test("mail says what is wrong and what to run next", () => {
  const settings = { minSeverity: "warning", endpoints: null, to: ["b@x.test"], from: "a@y.test" } as const;
  const mail = toMail(resolved, settings, "d-1");
  expect(mail).toMatchObject({ to: ["b@x.test"], messageId: "<d-1@y.test>" });
  expect(mail.subject).toMatch(/^Resolved: \[critical\] flight-delay@3: /);
  expect(mail.text).toMatch(/\nNext: slipway predictions flight-delay/);
});

test("what happened to a rollout is told as that, once, and is no alert that goes on for ever", () => {
  const news = toNewsNotification({
    news: "rolled_back",
    id: "r-1",
    watched: { endpoint: "flight-delay", model: "flight-delay", version: 3 },
    title: "Rolled back: too many errors.",
    next: "slipway rollout explain flight-delay",
    evidence: [{ metric: "errors", message: "4 % of 900 requests failed, with the champion 1 % of 9,000." }],
    at,
  });
  const event = JSON.parse(toCloudEvent(news, { url: "https://x.test/", secret: null }, { id: "d-1", at }).body);
  expect(event).toMatchObject({
    type: "dev.slipway.rollout.rolled_back",
    subject: "flight-delay@3",
    data: { id: "r-1", dedup_key: "slipway/rollout/r-1", evidence: [{ monitor: "rollout", metric: "errors" }] },
  });
  const [alert] = bodyOf(toAlertmanager(news, { url: "https://x.test/am/", secret: null }));
  expect(alert).toMatchObject({
    labels: { alertname: "SlipwayRollout", rollout: "r-1" },
    endsAt: "2026-11-22T11:00:00.000Z",
  });
  expect(bodyOf(toPagerDuty(news, { url: "https://x.test/", secret: "R123" }))).toMatchObject({
    event_action: "trigger",
    dedup_key: "slipway/rollout/r-1",
    payload: { class: "rollout.rolled_back" },
  });
  const settings = { minSeverity: "warning", endpoints: null, to: ["b@x.test"], from: "a@y.test" } as const;
  const mail = toMail(news, settings, "d-1");
  expect(mail.subject).toBe("[warning] flight-delay@3: Rolled back: too many errors.");
  expect(mail.text).toContain("\nRollout:  r-1\n");
});
