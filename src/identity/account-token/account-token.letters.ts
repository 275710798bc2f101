import type { Mail } from '../../mail/index.js';
import { mailOf, nameInMail, tokenLink } from '../letter.js';

/** Whom a mail is for, and what it opens. */
export interface LetterTo {
  readonly appUrl: string;
  /** One plain address. */
  readonly email: string;
  /** As people have chosen them. */
  readonly name: string;
  readonly organization: string;
}

export function verificationLetter(to: LetterTo, token: string): Mail {
  return mailOf({
    to: to.email,
    subject: 'Confirm your e-mail address',
    paragraphs: [
      greeting(to),
      `Confirm that this is your e-mail address for ${nameInMail(to.organization)}. The link is good for three days, and once.`,
    ],
    link: { label: 'Confirm', url: tokenLink(to.appUrl, 'verify-email', token) },
    closing: ['If this says nothing to you, you need not do anything.'],
  });
}

export function passwordResetLetter(to: LetterTo, token: string): Mail {
  return mailOf({
    to: to.email,
    subject: 'Choose a new password',
    paragraphs: [
      greeting(to),
      `Somebody, most likely you, has asked for a new password for ${nameInMail(to.organization)}. The link is good for one hour, and once.`,
    ],
    link: {
      label: 'Choose a new password',
      url: tokenLink(to.appUrl, 'reset-password', token),
    },
    closing: ['If it was not you, you need not do anything: your password stays as it is.'],
  });
}

export function passwordWasResetLetter(to: LetterTo): Mail {
  return mailOf({
    to: to.email,
    subject: 'Your password was changed',
    paragraphs: [
      greeting(to),
      `Your password for ${nameInMail(to.organization)} was changed by a link that we had sent to this address, and you were signed out everywhere.`,
      'If it was not you, somebody else reads your mail: ask who administers your organization for help.',
    ],
  });
}

/** To the new address. */
export function emailChangeLetter(to: LetterTo, token: string): Mail {
  return mailOf({
    to: to.email,
    subject: 'Confirm your new e-mail address',
    paragraphs: [
      greeting(to),
      `Confirm that this is to be your e-mail address for ${nameInMail(to.organization)}. The link is good for one day, and once.`,
    ],
    link: { label: 'Confirm', url: tokenLink(to.appUrl, 'confirm-email', token) },
    closing: ['If this says nothing to you, you need not do anything.'],
  });
}

/** To the address before. The new one is not in it: who reads this need not be who reads that. */
export function emailChangedLetter(to: LetterTo): Mail {
  return mailOf({
    to: to.email,
    subject: 'Your e-mail address was changed',
    paragraphs: [
      greeting(to),
      `Your account at ${nameInMail(to.organization)} has another e-mail address now. You sign in with that one.`,
      'If it was not you, ask who administers your organization for help.',
    ],
  });
}

function greeting({ name }: LetterTo): string {
  return `Hello ${nameInMail(name)},`;
}
