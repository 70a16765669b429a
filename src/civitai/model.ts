/** What the rest of the program knows of Civitai: its things in domain words, sizes in bytes, nothing absent but by `undefined`. */

/** A JSON object exactly as the API gave it, to be written to disk unabridged. */
export type ApiJson = Readonly<Record<string, unknown>>;

export interface Model {
  readonly id: number;
  readonly name: string;
  /** An open list: `Checkpoint`, `LORA`, ... */
  readonly type: string;
  readonly mode?: 'Archived' | 'TakenDown' | undefined;
  readonly creator?: string | undefined;
  readonly tags: readonly string[];
  /** Bits: PG 1, PG-13 2, R 4, X 8, XXX 16, Blocked 32; the union over the images. 0 where not known. */
  readonly nsfwLevel: number;
  /** In the API's order, which is the creator's: the first is the page's default, not always the newest. */
  readonly versions: readonly ModelVersion[];
  readonly json: ApiJson;
}

export interface ModelVersion {
  readonly id: number;
  /** Only some endpoints give it. */
  readonly modelId?: number | undefined;
  readonly name: string;
  readonly baseModel: string;
  /** `Download` where the creator allows it; only the version's own endpoint tells. */
  readonly usageControl?: string | undefined;
  readonly paidAccess?: PaidAccess | undefined;
  readonly files: readonly ModelFile[];
  readonly images: readonly ExampleImage[];
  /** What the version's own endpoint tells of its model. */
  readonly model?: { readonly name: string; readonly type: string } | undefined;
  readonly json: ApiJson;
}

/** Access that is bought; `endsAt` is the moment from which it is free, absent when it is permanent. */
export interface PaidAccess {
  readonly endsAt?: Date | undefined;
}

export interface ModelFile {
  readonly id: number;
  /** The name that the download would give: unclean, not unique within a version. */
  readonly name: string;
  /** An open list: `Model`, `VAE`, `Training Data`, ... */
  readonly type: string;
  /** Bytes, as the uploader's client said: an estimate until the storage host answers. */
  readonly size?: number | undefined;
  readonly format?: string | undefined;
  readonly precision?: string | undefined;
  /** `full` or `pruned`. */
  readonly variant?: string | undefined;
  readonly quantType?: string | undefined;
  /** Any subset, in upper case, in the API's order. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly primary: boolean;
  /** The API's own download URL, of which only path and query are to be used. */
  readonly downloadUrl?: string | undefined;
}

export interface ExampleImage {
  readonly url: string;
  readonly type: 'image' | 'video' | 'audio';
  /** One bit of {@link Model.nsfwLevel}; 0 where not rated. */
  readonly nsfwLevel: number;
  /** The API's entry, with `meta` where the endpoint gave it. */
  readonly json: ApiJson;
}
