import { newUuid } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';

export class RecoveryCodeStore {
  /** Puts new codes in the place of those that are left. */
  async replace(tx: TenantTransaction, userId: string, hashes: readonly Buffer[]): Promise<void> {
    await this.deleteOfUser(tx, userId);
    await tx.prisma.recoveryCode.createMany({
      data: hashes.map((hash) => ({ id: newUuid(), userId, codeHash: new Uint8Array(hash) })),
    });
  }

  /** Takes a code away. @returns whether it was there: of two who use one at once, one has */
  async use(tx: TenantTransaction, userId: string, hash: Buffer): Promise<boolean> {
    const { count } = await tx.prisma.recoveryCode.deleteMany({
      where: { userId, codeHash: new Uint8Array(hash) },
    });
    return count > 0;
  }

  async deleteOfUser(tx: TenantTransaction, userId: string): Promise<void> {
    await tx.prisma.recoveryCode.deleteMany({ where: { userId } });
  }
}
