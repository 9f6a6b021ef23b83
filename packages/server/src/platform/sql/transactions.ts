import { AsyncLocalStorage } from "node:async_hooks";
import { SlipwayError } from "@slipway/contract";
import type { Kysely, Transaction } from "kysely";
import { SqlError } from "./sql-error.ts";

const maxAttempts = 3;

/**
 * Runs transactions again where the database asks for it, and refuses to use the database beside the open transaction
 * from within: with one writer that would wait for ever.
 */
export class Transactions {
  readonly #scope = new AsyncLocalStorage<{ open: boolean }>();

  /** Drivers call this before they hand out a connection. */
  assertOutside(): void {
    if (this.#scope.getStore()?.open)
      throw new Error("Inside tx(fn) only the transaction given to fn may be used, not sql.db or another tx.");
  }

  async run<Tables, T>(db: Kysely<Tables>, fn: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
    this.assertOutside();
    for (let attempt = 1; ; attempt++) {
      const scope = { open: true };
      try {
        return await db.transaction().execute((trx) => this.#scope.run(scope, () => fn(trx)));
      } catch (error) {
        if (!(error instanceof SqlError && error.kind === "busy")) throw error;
        if (attempt === maxAttempts)
          throw new SlipwayError("conflict", "The database stayed busy with other work. Try again.", {}, error);
      } finally {
        scope.open = false;
      }
    }
  }
}
