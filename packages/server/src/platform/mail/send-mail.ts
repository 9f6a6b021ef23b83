import { findPublicAddress, type PostAnswer } from "../outbox/index.ts";

/** A server that takes mail: `smtp://HOST:PORT` (STARTTLS where it is offered) or `smtps://HOST:PORT`. */
export interface MailServer {
  readonly url: URL;
  /** Null: it asks for none. */
  readonly user: string | null;
  readonly password: string | null;
  /** A password is said over an encrypted connection or not at all. */
  readonly requireTls: boolean;
  /** Servers of this machine and its networks are taken, too. */
  readonly allowPrivate: boolean;
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** The same at each attempt, so that who receives it twice can tell. */
  readonly messageId: string;
}

const ports: Readonly<Record<string, number>> = { "smtp:": 587, "smtps:": 465 };
const timeoutMs = 25_000;

/**
 * Sends a mail once. What the server answers is told as HTTP would: 200 taken, 503 not now, 401 wrong password, 400 never.
 * @throws AddressRefused, or whatever keeps it from being answered
 */
export async function sendMail(mail: Mail, server: MailServer, signal: AbortSignal): Promise<PostAnswer> {
  const { url, user, password, requireTls, allowPrivate } = server;
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const host = allowPrivate ? name : await findPublicAddress(url);
  // Only a server that sends mail needs it.
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    host,
    port: Number(url.port) || ports[url.protocol] || 587,
    secure: url.protocol === "smtps:",
    requireTLS: user !== null && requireTls,
    ...(user === null ? {} : { auth: { user, pass: password ?? "" } }),
    // The name that its certificate must have, whatever its address.
    tls: { servername: name },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const stop = () => transport.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const { from, to, subject, text, messageId } = mail;
    const sent = await transport.sendMail({ from, to: [...to], subject, text, messageId });
    return { status: 200, body: sent.response, retryAfter: null };
  } catch (error) {
    return toAnswer(error as SmtpError);
  } finally {
    signal.removeEventListener("abort", stop);
    transport.close();
  }
}

interface SmtpError extends Error {
  readonly responseCode?: number;
}

/** @throws the error where it is none that the server has answered */
function toAnswer(error: SmtpError): PostAnswer {
  const { responseCode } = error;
  if (responseCode === undefined) throw error;
  const status = responseCode === 535 ? 401 : responseCode >= 500 ? 400 : 503;
  return { status, body: error.message, retryAfter: null };
}
