import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import {
  ConfirmEmailChangeInput,
  RequestEmailChangeInput,
  RequestPasswordResetInput,
  ResetPasswordInput,
  VerifyEmailInput,
} from './account-token.input.js';
import type { EmailChangeService } from './email-change.service.js';
import type { EmailVerificationService } from './email-verification.service.js';
import type { PasswordResetService } from './password-reset.service.js';

/** What goes through somebody's mailbox. */
@Resolver()
export class AccountTokenResolver {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly passwordReset: PasswordResetService,
    private readonly emailChange: EmailChangeService,
  ) {}

  @Authorized()
  @Mutation(() => Boolean, {
    nullable: true,
    description:
      'Sends the caller a mail with a link that verifies their e-mail address. Links of mails before are good no more. False when it is verified already.',
  })
  requestEmailVerification(@Ctx() ctx: RequestContext): Promise<boolean> {
    return this.verification.request(ctx);
  }

  @Mutation(() => Boolean, {
    nullable: true,
    description: 'Verifies an e-mail address by the token that was sent to it. Always true.',
  })
  verifyEmail(
    @Ctx() { client }: RequestContext,
    @Arg('input', () => VerifyEmailInput, { description: 'The token.' })
    { token }: VerifyEmailInput,
  ): Promise<boolean> {
    return this.verification.verify(token, client);
  }

  @Mutation(() => Boolean, {
    nullable: true,
    description:
      'Sends a mail with a link for choosing a new password, if there is such an account. Always true: the answer does not tell.',
  })
  requestPasswordReset(
    @Ctx() { client }: RequestContext,
    @Arg('input', () => RequestPasswordResetInput, { description: 'Which account.' })
    input: RequestPasswordResetInput,
  ): Promise<boolean> {
    return this.passwordReset.request(input, client);
  }

  @Mutation(() => Boolean, {
    nullable: true,
    description:
      'Gives an account a new password by the token that was sent to it, and ends all its sessions. Sign in afterwards. Always true.',
  })
  resetPassword(
    @Ctx() { client }: RequestContext,
    @Arg('input', () => ResetPasswordInput, { description: 'The token, and the new password.' })
    input: ResetPasswordInput,
  ): Promise<boolean> {
    return this.passwordReset.reset(input, client);
  }

  @Authorized()
  @Mutation(() => Boolean, {
    nullable: true,
    description:
      'Sends a mail with a link to a new e-mail address for the caller, who gets it when the link is followed. Always true.',
  })
  requestEmailChange(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RequestEmailChangeInput, { description: 'The new address.' })
    input: RequestEmailChangeInput,
  ): Promise<boolean> {
    return this.emailChange.request(ctx, input);
  }

  @Mutation(() => Boolean, {
    nullable: true,
    description:
      'Gives an account the e-mail address that the token was sent to; the address before is told. Always true.',
  })
  confirmEmailChange(
    @Ctx() { client }: RequestContext,
    @Arg('input', () => ConfirmEmailChangeInput, { description: 'The token.' })
    { token }: ConfirmEmailChangeInput,
  ): Promise<boolean> {
    return this.emailChange.confirm(token, client);
  }
}
