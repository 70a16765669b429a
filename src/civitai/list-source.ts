/** Names several models. A run expands it into sources of single models before the first download. */
export type ListSource =
  | { readonly kind: 'models'; readonly query: ModelsQuery }
  | { readonly kind: 'collection'; readonly collectionId: number }
  /** The model versions that a picture on Civitai was made with. */
  | { readonly kind: 'image'; readonly imageId: number }
  | { readonly kind: 'post'; readonly postId: number }
  /** The model versions that a picture or workflow on disk was made with. */
  | { readonly kind: 'picture'; readonly path: string };

/** What a page of models shows; texts are Civitai's own. */
export interface ModelsQuery {
  readonly query?: string;
  readonly username?: string;
  /** All have to match. */
  readonly tags?: readonly string[];
  readonly types?: readonly string[];
  readonly baseModels?: readonly string[];
  readonly fileFormats?: readonly string[];
  readonly sort?: string;
  readonly period?: string;
  readonly checkpointType?: string;
  /** Only models with the level PG, and of these only images of this level. */
  readonly isSafe?: true;
  /** The bookmarks of the key's account. */
  readonly favorites?: true;
  /** Filters that are on. Civitai takes each value for true, so one that is off is left out. */
  readonly flags?: readonly ListFlag[];
}

export type ListFlag = 'archived' | 'earlyAccess' | 'fromPlatform' | 'supportsGeneration';
