/** Which versions and files of a model are wanted. Lists of texts ignore case; an empty one excludes nothing. */
export interface Selection {
  /** `default` is the first version that can be downloaded; a number, the newest ones by date. */
  readonly versions: 'default' | 'latest' | 'all' | number;
  readonly baseModels: readonly string[];
  readonly types: readonly string[];
  /** In the order of preference; a version with none of them has nothing that fits. */
  readonly formats: readonly string[];
  /** In the order of preference; a version with none of them has nothing that fits. */
  readonly precisions: readonly string[];
  readonly noPickle: boolean;
  /** Versions that were published earlier do not fit. */
  readonly since: Date | undefined;
}
