import { Arg, Authorized, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import type { Permission } from '../roles.js';
import type { UserRow } from '../user/user.store.js';
import { User } from '../user/user.type.js';
import {
  ConfirmSecondFactorInput,
  DisableSecondFactorInput,
  EnrollSecondFactorInput,
  RenewRecoveryCodesInput,
  ResetSecondFactorInput,
} from './second-factor.input.js';
import type { SecondFactorService } from './second-factor.service.js';
import { RecoveryCodes, SecondFactorEnrollment } from './second-factor.type.js';

@Resolver(() => User)
export class SecondFactorResolver {
  constructor(private readonly service: SecondFactorService) {}

  @Authorized()
  @Mutation(() => SecondFactorEnrollment, {
    nullable: true,
    description:
      'Begins a second factor for the caller: gives the secret for an authenticator app. Nothing changes until `confirmSecondFactor`; called again, it gives another secret.',
  })
  enrollSecondFactor(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => EnrollSecondFactorInput, { description: 'Who it is.' })
    input: EnrollSecondFactorInput,
  ): Promise<SecondFactorEnrollment> {
    return this.service.enroll(ctx, input);
  }

  @Authorized()
  @Mutation(() => RecoveryCodes, {
    nullable: true,
    description:
      "Turns the caller's second factor on, gives recovery codes, and ends the caller's other sessions, which were opened without it.",
  })
  confirmSecondFactor(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ConfirmSecondFactorInput, { description: 'A code.' })
    input: ConfirmSecondFactorInput,
  ): Promise<RecoveryCodes> {
    return this.service.confirm(ctx, input);
  }

  @Authorized()
  @Mutation(() => User, {
    nullable: true,
    description: "Turns the caller's second factor off. Its recovery codes go with it.",
  })
  disableSecondFactor(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => DisableSecondFactorInput, { description: 'Who it is.' })
    input: DisableSecondFactorInput,
  ): Promise<UserRow> {
    return this.service.disable(ctx, input);
  }

  @Authorized()
  @Mutation(() => RecoveryCodes, {
    nullable: true,
    description: 'Gives the caller new recovery codes. Those before are good no more.',
  })
  renewRecoveryCodes(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RenewRecoveryCodesInput, { description: 'Who it is.' })
    input: RenewRecoveryCodesInput,
  ): Promise<RecoveryCodes> {
    return this.service.renewRecoveryCodes(ctx, input);
  }

  @Authorized<Permission>('users:write')
  @Mutation(() => User, {
    nullable: true,
    description:
      "Turns another user's second factor off, who then signs in with the password alone. Only an owner does it for an owner.",
  })
  resetSecondFactor(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ResetSecondFactorInput, { description: 'Which user.' })
    input: ResetSecondFactorInput,
  ): Promise<UserRow> {
    return this.service.reset(ctx, input);
  }

  @FieldResolver(() => Boolean, {
    nullable: true,
    description:
      'Whether signing in takes a code beside the password; null for who is neither this person nor holds `users:write`.',
  })
  hasSecondFactor(
    @Ctx() ctx: RequestContext,
    @Root() user: { id: string },
  ): Promise<boolean | null> {
    return this.service.isEnabled(ctx, user.id);
  }
}
