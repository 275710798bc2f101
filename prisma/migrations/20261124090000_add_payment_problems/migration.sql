-- What is wrong with a payment is told to the staff.

SET LOCAL ROLE rowhouse_owner;

-- AlterTable
ALTER TABLE "payments" ADD COLUMN     "problem" TEXT;

ALTER TABLE payments
  ADD CONSTRAINT payments_problem_length CHECK (char_length(problem) BETWEEN 1 AND 200);

RESET ROLE;
