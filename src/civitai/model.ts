/** A JSON object exactly as the API sent it, to be written to disk unabridged. */
export type ApiJson = Readonly<Record<string, unknown>>;

export interface Model {
  readonly id: number;
  readonly name: string;
  /** An open list: `Checkpoint`, `LORA`, ... */
  readonly type: string;
  readonly mode?: 'Archived' | 'TakenDown' | undefined;
  readonly creator?: string | undefined;
  readonly tags: readonly string[];
  /** The union of the images' levels: PG 1, PG-13 2, R 4, X 8, XXX 16, Blocked 32. 0 if unknown. */
  readonly nsfwLevel: number;
  /** In the creator's order: the first is the default of the model's page, not always the newest. */
  readonly versions: readonly ModelVersion[];
  /** Versions without a valid id. */
  readonly brokenVersions?: readonly BrokenVersion[];
  /** Whether it is from a list, so that {@link json} lacks some facts of the model's own route. */
  readonly isListEntry?: boolean;
  readonly json: ApiJson;
}

export interface BrokenVersion {
  readonly name: string | undefined;
  /** Number of valid versions before it. */
  readonly position: number;
}

export interface ModelVersion {
  readonly id: number;
  /** Only some endpoints send it. */
  readonly modelId?: number | undefined;
  /** The id if the API sends no name. */
  readonly name: string;
  readonly baseModel: string;
  /** `Download` if the creator allows it; only the version's own endpoint sends it. */
  readonly usageControl?: string | undefined;
  readonly paidAccess?: PaidAccess | undefined;
  /** An ISO date; a list of models does not send it. */
  readonly createdAt?: string | undefined;
  readonly publishedAt?: string | undefined;
  readonly files: readonly ModelFile[];
  /** Files that cannot be downloaded, because the API sends no valid id or name; undefined if there are none. */
  readonly brokenFiles?: readonly BrokenFile[] | undefined;
  readonly images: readonly ExampleImage[];
  readonly model?: { readonly name?: string | undefined; readonly type?: string | undefined } | undefined;
  /** The version in the response of the model's route, or else in that of its own. */
  readonly json: ApiJson;
  /** The version in the response of its own route, if {@link json} is from the model's. */
  readonly ownJson?: ApiJson;
}

export interface PaidAccess {
  /** From this moment the version is free; undefined if never, or if the API does not say when. */
  readonly endsAt?: Date | undefined;
}

export interface ModelFile {
  readonly id: number;
  /** As uploaded: neither safe as a file name nor unique within a version. */
  readonly name: string;
  /** An open list: `Model`, `VAE`, `Training Data`, ... */
  readonly type: string;
  /** Bytes as reported by the uploader: an estimate until the storage host responds. */
  readonly size?: number | undefined;
  readonly format?: string | undefined;
  readonly precision?: string | undefined;
  /** `full` or `pruned`. */
  readonly variant?: string | undefined;
  readonly quantType?: string | undefined;
  /** Any subset, in upper case, in the API's order. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly primary: boolean;
  /** An open list: `Success`, `Pending`, `Danger`, `Error`. */
  readonly pickleScan?: string | undefined;
  readonly virusScan?: string | undefined;
  /** Only its path and query are reliable. */
  readonly downloadUrl?: string | undefined;
}

export interface BrokenFile {
  readonly id: number | undefined;
  readonly name: string | undefined;
  readonly type: string;
  readonly primary: boolean;
  readonly missing: 'id' | 'name';
}

export interface ExampleImage {
  readonly url: string;
  readonly type: 'image' | 'video' | 'audio';
  /** One bit of {@link Model.nsfwLevel}; 0 if not rated. */
  readonly nsfwLevel: number;
  /** The API's entry, with `meta` if the endpoint sends it. */
  readonly json: ApiJson;
}
