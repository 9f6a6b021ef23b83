import { expect, test } from "vitest";
import { checkChannel, type ChannelOrder } from "./channel.ts";

const mail = { name: "a", kind: "email", url: "smtp://93.184.215.14", to: ["a@x.test"], from: "b@x.test" } as const;

test.each<[string, ChannelOrder]>([
  ["a name that is none", { name: "A B", kind: "pagerduty", secret: "x" }],
  ["no address", { name: "a", kind: "webhook" }],
  ["an address of another kind", { name: "a", kind: "webhook", url: "smtp://x.test" }],
  ["no TLS", { name: "a", kind: "slack", url: "http://93.184.215.14/x" }],
  ["no key", { name: "a", kind: "pagerduty" }],
  ["mail to nobody", { name: "a", kind: "email", url: "smtp://93.184.215.14" }],
  ["mail with a line of its own", { ...mail, to: ["a@x\nBcc:b@x"] }],
  ["what only mail has", { ...mail, kind: "webhook", url: "https://x.test" }],
])("a channel with %s is refused", (_, order) => {
  expect(() => checkChannel(order, false)).toThrow(expect.objectContaining({ code: "invalid_request" }));
});

test("what may be a key is not in the address that is shown", () => {
  const addressOf = (order: ChannelOrder) => checkChannel(order, true).address;
  expect(addressOf({ name: "a", kind: "webhook", url: "https://x.test/hush?hush" })).toBe("https://x.test/…");
  expect(addressOf({ ...mail, url: "smtp://me:hush@93.184.215.14:25" })).toBe("smtp://me@93.184.215.14:25");
  expect(addressOf({ name: "a", kind: "alertmanager", url: "http://am:9093/prefix" })).toBe("http://am:9093/prefix");
  expect(addressOf({ name: "a", kind: "pagerduty", secret: "x" })).toBe("https://events.pagerduty.com/v2/enqueue");
});
