/** What to ask about a source that can mean several things. */
export interface Question {
  /** A sentence that says why. */
  readonly text: string;
  readonly answers: readonly string[];
}

/** Asks the user. Resolves with the position of the answer, or with undefined if none is right. */
export type Ask = (question: Question) => Promise<number | undefined>;
