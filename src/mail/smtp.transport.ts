import nodemailer, { type NodemailerError, type SMTPTransportOptions } from 'nodemailer';
import type { Sender } from '../config/mail-environment.js';
import type { Message } from './message.js';
import { DeliveryError, type Transport } from './transport.js';

/** A server that answers at all answers within this. */
const CONNECTION_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 20_000;

/** Of these commands, the answer is about the message; of all others, about the server or us. */
const ABOUT_MESSAGE = new Set(['RCPT TO', 'DATA']);

/** Hands messages to an SMTP server (RFC 5321), each on a connection of its own. */
export class SmtpTransport implements Transport {
  readonly #from: Sender;
  readonly #domain: string;
  readonly #mailer;

  /** @param url `smtp://user:password@host:port`, or `smtps://` */
  constructor(url: string, from: Sender) {
    this.#from = from;
    this.#domain = from.address.slice(from.address.lastIndexOf('@') + 1);
    this.#mailer = nodemailer.createTransport(optionsOf(new URL(url)));
  }

  async send({ id, createdAt, mail }: Message, signal: AbortSignal): Promise<void> {
    // As objects: a text would be read as a list of addresses. Each time new ones: nodemailer writes into them.
    const from = { ...this.#from };
    const to = { name: '', address: mail.to };
    try {
      await this.#mailer.sendMail({
        from,
        to,
        envelope: { from: from.address, to: [mail.to] },
        subject: mail.subject,
        text: mail.text,
        ...(mail.html !== undefined && { html: mail.html }),
        messageId: `<${id}@${this.#domain}>`,
        date: createdAt,
        // Nobody's holiday notice shall answer (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated' },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal,
      });
    } catch (error) {
      throw deliveryError(error as NodemailerError);
    }
  }
}

function optionsOf(url: URL): SMTPTransportOptions {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = url.protocol === 'smtps:';
  const user = decodeURIComponent(url.username);
  return {
    host,
    secure,
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(user !== '' && { auth: { user, pass: decodeURIComponent(url.password) } }),
    // A password does not cross a network in clear, even if somebody there takes STARTTLS out of the greeting.
    requireTLS: !secure && user !== '' && !isThisMachine(host),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    greetingTimeout: CONNECTION_TIMEOUT_MS,
    dnsTimeout: CONNECTION_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
  };
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Codes only: what a server says often has the recipient in it. */
function deliveryError(error: NodemailerError): DeliveryError {
  const { code = 'UNKNOWN', command, responseCode, permanent = false } = error;
  const isAboutMessage = responseCode !== undefined && ABOUT_MESSAGE.has(command ?? '');
  const cause = responseCode === undefined ? causeOf(error) : undefined;
  const reason = [
    code,
    cause !== undefined && cause !== code && `(${cause})`,
    command !== undefined && `at ${command}`,
    responseCode !== undefined && `answered ${responseCode}`,
  ];
  return new DeliveryError(reason.filter(Boolean).join(' ').slice(0, 200), {
    isFinal: isAboutMessage && permanent,
    isGeneral: !isAboutMessage,
  });
}

/** Such as ECONNREFUSED, or DEPTH_ZERO_SELF_SIGNED_CERT of a certificate that is not trusted. */
function causeOf({ originalCode, message }: NodemailerError): string | undefined {
  if (originalCode !== undefined && /^[A-Z][A-Z\d_]{3,60}$/.test(originalCode)) return originalCode;
  return /\bE[A-Z]{4,20}\b/.exec(message)?.[0];
}
