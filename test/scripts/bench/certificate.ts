import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Paths of PEM files. */
export interface Certificate {
  /** The authority's certificate, which every contender trusts. */
  readonly authority: string;
  readonly chain: string;
  readonly key: string;
}

const run = promisify(execFile);
const EXTENSIONS = 'subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n';

/** Makes an authority and a server's certificate for loopback, valid for a day. */
export async function makeCertificate(folder: string, openssl: string): Promise<Certificate> {
  const at = (name: string) => join(folder, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await writeFile(at('extensions'), EXTENSIONS);
  await run(openssl, [
    ...['req', '-x509', ...newKey, '-days', '1', '-subj', '/CN=civitdl benchmark'],
    ...['-keyout', at('authority.key'), '-out', at('authority.pem')],
  ]);
  await run(openssl, [
    ...['req', ...newKey, '-subj', '/CN=127.0.0.1', '-keyout', at('server.key'), '-out', at('server.csr')],
  ]);
  await run(openssl, [
    ...['x509', '-req', '-in', at('server.csr'), '-out', at('server.pem'), '-days', '1'],
    ...['-CA', at('authority.pem'), '-CAkey', at('authority.key'), '-CAcreateserial'],
    ...['-extfile', at('extensions')],
  ]);
  return { authority: at('authority.pem'), chain: at('server.pem'), key: at('server.key') };
}
