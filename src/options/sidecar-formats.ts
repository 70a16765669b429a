/** The formats of files that applications read next to a model, by the names of the option `--sidecars`. */
export const sidecarFormats = [
  'a1111',
  'civitai-helper',
  'lora-manager',
  'stability-matrix',
  'swarmui',
  'rgthree',
  'sha256',
  'model-manager',
] as const;

export type SidecarFormat = (typeof sidecarFormats)[number];

/** The formats that an option chooses; undefined means those of the application. */
export type SidecarChoice = readonly SidecarFormat[] | undefined;

/** Parses the value of `--sidecars`; returns false if it is not valid. */
export function parseSidecars(text: string): SidecarChoice | false {
  if (text === 'auto') return undefined;
  if (text === 'none') return [];
  if (text === 'all') return sidecarFormats;
  const names = text.split(',').map((name) => name.trim());
  const isKnown = (name: string): name is SidecarFormat =>
    (sidecarFormats as readonly string[]).includes(name);
  return names.every(isKnown) ? sidecarFormats.filter((format) => names.includes(format)) : false;
}
