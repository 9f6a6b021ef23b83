import { createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { sendMail, type MailServer } from "./index.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
});

/** A server that speaks as much SMTP as a mail needs, and answers RCPT with this. */
async function startSmtp(answer = "250 ok") {
  const got: string[] = [];
  const server = createServer((socket) => {
    let inData = false;
    let text = "";
    socket.write("220 hello\r\n");
    socket.on("data", (bytes) => {
      text += bytes.toString();
      for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        got.push(line);
        if (inData && line !== ".") continue;
        inData = line === "DATA";
        const verb = line.slice(0, 4);
        if (verb === "EHLO") socket.write("250-here\r\n250 AUTH PLAIN\r\n");
        else if (verb === "AUTH") socket.write("235 in\r\n");
        else if (verb === "RCPT") socket.write(`${answer}\r\n`);
        else if (verb === "DATA") socket.write("354 go on\r\n");
        else if (verb === "STAR") socket.write("502 no\r\n");
        else if (verb === "QUIT") socket.end("221 bye\r\n");
        else socket.write("250 ok\r\n");
      }
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { got, url: new URL(`smtp://127.0.0.1:${(server.address() as AddressInfo).port}`) };
}

const mail = {
  from: "a@x.test",
  to: ["b@x.test", "c@x.test"],
  subject: "late ✓",
  text: "It moved.",
  messageId: "<1@x>",
};
const open = { user: null, password: null, requireTls: false, allowPrivate: true };
const send = (server: MailServer) => sendMail(mail, server, new AbortController().signal);

test("a mail goes to everybody, with its id, and with a user he is named", async () => {
  const { got, url } = await startSmtp();
  expect(await send({ url, ...open, user: "me", password: "hush" })).toMatchObject({ status: 200 });
  const auth = Buffer.from("\0me\0hush").toString("base64");
  expect(got).toEqual(expect.arrayContaining([`AUTH PLAIN ${auth}`, "RCPT TO:<b@x.test>", "RCPT TO:<c@x.test>"]));
  expect(got).toEqual(expect.arrayContaining(["Message-ID: <1@x>", "It moved."]));
});

test("what is refused for now is told so, what is refused for good as well", async () => {
  const busy = await startSmtp("450 later");
  expect(await send({ url: busy.url, ...open })).toMatchObject({ status: 503 });
  const never = await startSmtp("550 nobody");
  expect(await send({ url: never.url, ...open })).toMatchObject({
    status: 400,
    body: expect.stringContaining("nobody"),
  });
});

test("a private server is not called unless it may, and nobody's silence is an answer", async () => {
  const { got, url } = await startSmtp();
  await expect(send({ url, ...open, allowPrivate: false })).rejects.toThrow(/not a public address/);
  expect(got).toEqual([]);
  await expect(send({ url: new URL("smtp://127.0.0.1:1"), ...open })).rejects.toThrow(/ECONNREFUSED/);
});

test("no password is said where it would be heard", async () => {
  const { got, url } = await startSmtp();
  const server = { url, ...open, user: "me", password: "hush" };
  expect(await send({ ...server, requireTls: true })).toMatchObject({ status: 400 });
  expect(got.filter((line) => line.startsWith("AUTH"))).toEqual([]);
});
