import type { Reply } from '../server/reply.js';
import type { Host, RecordedRequest, Route } from '../server/request.js';
import type { ServerState } from '../server/state.js';
import { answerCollection } from './collection.js';
import { answerDownload } from './download.js';
import { answerImage, MOVED_IMAGES } from './image.js';
import { answerImages } from './images-list.js';
import { answerMe } from './me.js';
import { answerModel } from './model.js';
import { answerModels } from './models-list.js';
import { answerOwners } from './owners.js';
import { answerPage, answerUnknown } from './page.js';
import { answerB2, answerR2 } from './storage.js';
import { answerTensors } from './tensors.js';
import { answerByHash, answerVersion } from './version.js';

type Answer = (request: RecordedRequest, state: ServerState) => Reply;
type Table = readonly (readonly [path: RegExp, route: Route, answer: Answer])[];

const tables: Readonly<Record<Host, Table>> = {
  api: [
    [/^\/api\/v1\/models$/, 'models', answerModels],
    [/^\/api\/v1\/models\/[^/]+$/, 'model', answerModel],
    [/^\/api\/v1\/model-versions\/by-hash\/ids$/, 'owners', answerOwners],
    [/^\/api\/v1\/model-versions\/by-hash\/[^/]+$/, 'by-hash', answerByHash],
    [/^\/api\/v1\/model-versions\/[^/]+$/, 'version', answerVersion],
    [/^\/api\/v1\/model-files\/[^/]+\/tensor-metadata$/, 'tensors', answerTensors],
    [/^\/api\/v1\/me$/, 'me', answerMe],
    [/^\/api\/v1\/images$/, 'images-list', answerImages],
    [/^\/api\/trpc\/collection\.getAllCollectionItems$/, 'collection', answerCollection],
    [/^\/api\/download\/models\/[^/]+$/, 'download', answerDownload],
    [/^\/(login|models\/|model-versions\/)/, 'page', answerPage],
  ],
  r2: [[/^/, 'storage', answerR2]],
  b2: [
    [new RegExp(`^${MOVED_IMAGES}/`), 'image', answerImage],
    [/^/, 'storage', answerB2],
  ],
  images: [[/^/, 'image', answerImage]],
};

export function routeOf(host: Host, path: string): Route {
  return find(host, path)?.[1] ?? 'other';
}

export function answer(request: RecordedRequest, state: ServerState): Reply {
  const found = find(request.host, request.path);
  return found === undefined ? answerUnknown() : found[2](request, state);
}

function find(host: Host, path: string): Table[number] | undefined {
  return tables[host].find(([pattern]) => pattern.test(path));
}
