/** What whoever stops a command is told to do next. */
export class Parting {
  next: string | undefined;
}
