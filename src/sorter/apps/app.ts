/** The applications with a layout: the names of their sorters. */
export const APPS = [
  'comfyui',
  'a1111',
  'forge',
  'forge-neo',
  'sdnext',
  'swarmui',
  'stability-matrix',
  'fooocus',
] as const;

export type App = (typeof APPS)[number];

/** An application that was recognized by its files. */
export interface FoundApp {
  /** InvokeAI keeps its models in a database, so it has no layout. */
  readonly app: App | 'invokeai';
  /** Its name for messages. */
  readonly title: string;
  /** The folder that all folders of a layout are relative to; absolute. */
  readonly root: string;
  /** Whether the given folder is the application's root, its models folder, or another folder inside it. */
  readonly place: 'root' | 'models' | 'inside';
  /** The files and folders that prove it. */
  readonly proof: readonly string[];
}

export function isApp(name: string): name is App {
  return (APPS as readonly string[]).includes(name);
}

export const TITLES: Readonly<Record<App, string>> = {
  comfyui: 'ComfyUI',
  a1111: 'AUTOMATIC1111',
  forge: 'Forge',
  'forge-neo': 'Forge Neo',
  sdnext: 'SD.Next',
  swarmui: 'SwarmUI',
  'stability-matrix': 'StabilityMatrix',
  fooocus: 'Fooocus',
};
