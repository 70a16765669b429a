/** What a run with lists is going to do, as far as the lists and the disk tell. Sizes are in bytes. */
export interface RunPlan {
  /** Absolute. */
  readonly rootDir: string;
  /** All that the lists name and the options select. */
  readonly listed: PlanCounts;
  /** What is on this disk already. */
  readonly present: PlanCounts;
  /** What is to be downloaded. */
  readonly missing: PlanCounts;
  /** The listed models by their type, those with the most models first. */
  readonly types: readonly (PlanCounts & { readonly type: string })[];
  /** Number of sources beside the lists: their models are looked up later. */
  readonly otherSources: number;
  /** Free space of the root directory; undefined if the system does not report it. */
  readonly free: number | undefined;
}

export interface PlanCounts {
  readonly models: number;
  /** Number of versions: there may be several of a model. */
  readonly versions: number;
  /** Number of model files. */
  readonly files: number;
  /** Bytes of the model files whose size is known. */
  readonly bytes: number;
  /** Number of the others. */
  readonly unknown: number;
}

/** Decides by the plan of a run with lists whether it downloads anything. */
export type Approve = (plan: RunPlan) => boolean | Promise<boolean>;
