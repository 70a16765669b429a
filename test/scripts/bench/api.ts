import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Sample } from './sample.js';

/** The parts of Civitai's API that the download of one file needs. */
export interface Api {
  readonly url: string;
  /** Sets the file, and the URL that its download redirects to. */
  setFile(sample: Sample, storage: string): void;
  close(): Promise<void>;
}

export const MODEL_ID = 1;
const VERSION_ID = 1;
const FILE_ID = 1;

export async function startApi(): Promise<Api> {
  let served: { sample: Sample; storage: string } | undefined;
  const server = createServer((request, response) => {
    // No file of the scan is known.
    if (request.method === 'POST') sendJson(response, []);
    else if (served) answer(request, response, served.sample, served.storage);
    else response.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setFile: (sample, storage) => {
      served = { sample, storage };
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, sample: Sample, storage: string): void {
  const path = request.url?.split('?', 1)[0];
  if (path === `/api/download/models/${VERSION_ID}`) {
    response.writeHead(307, { location: storage }).end();
  } else if (path === `/api/v1/models/${MODEL_ID}`) {
    sendJson(response, modelJson(sample));
  } else if (path === `/api/v1/model-versions/${VERSION_ID}`) {
    sendJson(response, versionJson(sample));
  } else {
    response.writeHead(404).end();
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function modelJson(sample: Sample) {
  return {
    id: MODEL_ID,
    name: 'Sample',
    type: 'Checkpoint',
    nsfwLevel: 1,
    tags: [],
    modelVersions: [versionJson(sample)],
  };
}

function versionJson({ name, size, sha256 }: Sample) {
  return {
    id: VERSION_ID,
    modelId: MODEL_ID,
    name: 'v1',
    baseModel: 'Other',
    usageControl: 'Download',
    model: { name: 'Sample', type: 'Checkpoint' },
    files: [
      {
        id: FILE_ID,
        name,
        type: 'Model',
        sizeKB: size / 1024,
        metadata: { format: 'PickleTensor' },
        hashes: { SHA256: sha256.toUpperCase() },
        primary: true,
        downloadUrl: `https://civitai.com/api/download/models/${VERSION_ID}`,
      },
    ],
    images: [],
  };
}
