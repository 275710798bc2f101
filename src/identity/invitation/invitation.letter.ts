import type { Mail } from '../../mail/index.js';
import { mailOf, nameInMail, tokenLink } from '../letter.js';

/** Whom an invitation is for, and who sends it. */
export interface InvitationTo {
  readonly appUrl: string;
  /** One plain address. */
  readonly email: string;
  /** As people have chosen them. */
  readonly inviter: string;
  readonly organization: string;
}

export function invitationLetter(to: InvitationTo, token: string): Mail {
  const organization = nameInMail(to.organization);
  return mailOf({
    to: to.email,
    subject: `Join ${organization}`,
    paragraphs: [
      'Hello,',
      `${nameInMail(to.inviter)} invites you to join ${organization}. The link is good for seven days, and once.`,
    ],
    link: { label: 'Accept the invitation', url: tokenLink(to.appUrl, 'accept-invitation', token) },
    closing: ['If this says nothing to you, you need not do anything.'],
  });
}
