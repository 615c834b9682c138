import type { Code } from '../../base/codes/all.ts';
import type { Walk } from '../../capsule/inventory.ts';
import type { TrustStore } from '../store.ts';

export type StepKind = 'restore' | 'edit' | 'build' | 'sign' | 'trust' | 'waive';

/** One thing to do. */
export interface Step {
  readonly kind: StepKind;
  /** What it does; where there is no command, what somebody has to decide. */
  readonly does: string;
  /** To type in a POSIX shell, in this order. */
  readonly commands: readonly string[];
  /** Whose key or which role it takes, in words. */
  readonly needs: string;
  /** Whether `vnes verify --fix` does it. */
  readonly automatic: boolean;
  /** The codes that it turns. */
  readonly why: readonly Code[];
}

/** The fewest steps that turn a refusal, in the order to take them. */
export interface Remedy {
  readonly steps: readonly Step[];
  /** Steps that keep what lies there now: where `steps` bring back what was signed, and where a check of vnes may be waived. */
  readonly instead?: readonly Step[];
}

/** What `vnes verify --fix` would come to. */
export interface Outlook {
  /** Whether the capsule would be admitted then. */
  readonly admits: boolean;
  /** How many things it would do. */
  readonly actions: number;
}

export interface RemedyContext {
  readonly trust: TrustStore;
  /** What lies in the folder that the verdict is about. */
  readonly walk: Walk;
  /**
   * What `--fix` would come to under this trust, which is the one that is there, or the one after the steps about trust. Absent
   * where nothing can be fixed, as in git.
   */
  readonly outlook?: ((trust: TrustStore) => Outlook) | undefined;
  /** Names of the user's own keys, by the base64 of the public key. */
  readonly keys?: ReadonlyMap<string, string> | undefined;
  /** The folder as commands name it; by default as the verdict does. */
  readonly folder?: string | undefined;
  /** Whether a folder lies where the receipt has to be. */
  readonly folderForReceipt?: boolean | undefined;
  /** The folder that commands are typed in; files below it are named from there. */
  readonly cwd?: string | undefined;
  /** Options that the verification was given and `--fix` needs again: `--trust FILE`, `--now TIME`. */
  readonly options?: readonly string[] | undefined;
}
