import type { Civitai } from '../../fake-civitai/civitai.js';

/** Fetches the SHA256 of a version's first file, in lower case. */
export async function fetchPublishedSha256({ url }: Civitai, versionId: number): Promise<string> {
  const answer = await fetch(`${url}/api/v1/model-versions/${versionId}`);
  const version = (await answer.json()) as { files: { hashes: { SHA256: string } }[] };
  const [file] = version.files;
  if (!file) throw new Error(`Version ${versionId} has no file.`);
  return file.hashes.SHA256.toLowerCase();
}
