import { rowLoader } from '../../shared/batch.js';
import { loadPermitted } from '../load-permitted.js';
import { InvitationStore } from './invitation.store.js';

/** The invitations of one request, each fetched once. */
class InvitationLoader extends rowLoader(new InvitationStore()) {}

export const loadInvitation = loadPermitted('users:write', InvitationLoader);
