/** Why a module is not metered, for one of its bytes. The owner of the module turns it into a diagnostic. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly what: string;
  /** Offset in the core module. */
  readonly at: number;

  constructor(what: string, at: number) {
    super(`${what} at offset ${at}`);
    this.what = what;
    this.at = at;
  }
}
