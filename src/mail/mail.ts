/** A message for one person. */
export interface Mail {
  /** One plain e-mail address, such as `ada@example.com`; no name, no list. */
  readonly to: string;
  /** One line. */
  readonly subject: string;
  /** What is read where no HTML is shown; always there. */
  readonly text: string;
  readonly html?: string;
}
