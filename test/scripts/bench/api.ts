import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServedFile } from './sample.js';

/** The few responses of Civitai's API that downloads of models with one file each need. */
export interface Api {
  readonly url: string;
  /** Sets the files of the models 1, 2, 3 and so on. */
  serve(files: readonly ServedFile[]): void;
  close(): Promise<void>;
}

export async function startApi(): Promise<Api> {
  let served: readonly ServedFile[] = [];
  const server = createServer((request, response) => {
    // The hashes that are asked for have no owners.
    if (request.method === 'POST') sendJson(response, []);
    else respond(request, response, served);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (files) => {
      served = files;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const ROUTE = /^\/api\/(?<name>download\/models|v1\/models|v1\/model-versions)\/(?<id>\d+)$/;

function respond(request: IncomingMessage, response: ServerResponse, files: readonly ServedFile[]): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const ids = searchParams.get('ids')?.split(',').map(Number);
  const { name, id: digits } = ROUTE.exec(pathname)?.groups ?? {};
  const id = Number(digits);
  const file = files[id - 1];
  if (ids) sendJson(response, { items: ids.map((one) => modelJson(one, files[one - 1])) });
  else if (!file) response.writeHead(404).end();
  else if (name === 'download/models') response.writeHead(307, { location: file.url }).end();
  else sendJson(response, name === 'v1/models' ? modelJson(id, file) : versionJson(id, file));
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function modelJson(id: number, file: ServedFile | undefined) {
  return (
    file && {
      ...{ id, name: `Sample ${id}`, type: 'Checkpoint', nsfwLevel: 1, tags: [] },
      modelVersions: [versionJson(id, file)],
    }
  );
}

/** The version of a model, and its file, have the model's id. */
function versionJson(id: number, { name, size, sha256 }: ServedFile) {
  return {
    id,
    modelId: id,
    name: 'v1',
    baseModel: 'Other',
    usageControl: 'Download',
    model: { name: `Sample ${id}`, type: 'Checkpoint' },
    files: [
      {
        id,
        name,
        type: 'Model',
        sizeKB: size / 1024,
        metadata: { format: 'PickleTensor' },
        hashes: { SHA256: sha256.toUpperCase() },
        primary: true,
        downloadUrl: `https://civitai.com/api/download/models/${id}`,
      },
    ],
    images: [],
  };
}
