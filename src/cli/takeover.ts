/** The whole screen in the hands of a command. It is given back once, before anything else is written. */
export class Takeover {
  private giveBack: (() => void) | undefined;

  begin(giveBack: () => void): void {
    this.giveBack = giveBack;
  }

  end(): void {
    const giveBack = this.giveBack;
    this.giveBack = undefined;
    giveBack?.();
  }
}
