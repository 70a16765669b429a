import type { ModelVersion } from '../civitai/model.js';
import type { ListedItem } from './listed-item.js';
import type { SourceRequest } from './sources.js';

/** What a run downloads: a source, and what a list has said of it, if one has named it. */
export interface RunItem {
  readonly request: SourceRequest;
  readonly listed?: ListedItem | undefined;
  /** The answer of the version's own route, if the run has requested it already. */
  readonly version?: ModelVersion | undefined;
}
