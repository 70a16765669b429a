import { generateKeyPairSync, sign } from 'node:crypto';

/** A private key and its certificate, in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Tags of DER (X.690). */
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
/** Context-specific tags. */
const context = (number: number) => 0x80 + number;
const wrapped = (number: number) => 0xa0 + number;

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content]);
}

const ECDSA_WITH_SHA256 = der(SEQUENCE, der(OBJECT, Buffer.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2)));
const COMMON_NAME = der(OBJECT, Buffer.of(0x55, 4, 3));
const ALTERNATIVE_NAMES = der(OBJECT, Buffer.of(0x55, 0x1d, 0x11));
/** From 2020 to the end of 2049. */
const VALIDITY = der(
  SEQUENCE,
  der(UTC_TIME, Buffer.from('200101000000Z')),
  der(UTC_TIME, Buffer.from('491231235959Z')),
);

/** Makes a self-signed certificate for the loopback addresses and further hosts (RFC 5280). */
export function makeCertificate(hosts: readonly string[] = []): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from('localhost')))),
  );
  const names = der(
    SEQUENCE,
    der(context(2), Buffer.from('localhost')),
    ...hosts.map((host) => der(context(2), Buffer.from(host))),
    der(context(7), Buffer.of(127, 0, 0, 1)),
    der(context(7), Buffer.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
  );
  const body = der(
    SEQUENCE,
    der(wrapped(0), der(INTEGER, Buffer.of(2))),
    der(INTEGER, Buffer.of(1)),
    ECDSA_WITH_SHA256,
    name,
    VALIDITY,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(wrapped(3), der(SEQUENCE, der(SEQUENCE, ALTERNATIVE_NAMES, der(OCTET_STRING, names)))),
  );
  const signature = der(BIT_STRING, Buffer.of(0), sign('sha256', body, privateKey));
  const whole = der(SEQUENCE, body, ECDSA_WITH_SHA256, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole}\n-----END CERTIFICATE-----\n`,
  };
}
