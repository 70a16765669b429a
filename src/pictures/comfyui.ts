import { isRecord } from '../civitai/schema-rules.js';
import { findAirs, readAir, readCivitaiUrl, readResources } from './civitai-ids.js';
import { type Json, listOf, objectOf, objectsOf } from './json.js';
import { readPromptTags } from './parameters.js';
import {
  hashReference,
  type ModelRole,
  nameKey,
  nameReference,
  type Reference,
  roleOf,
} from './reference.js';

/** The two forms of a graph: what was executed, and what the editor shows. */
export interface ComfyGraphs {
  readonly prompt?: Json | undefined;
  readonly workflow?: Json | undefined;
}

/** Nodes that are muted or bypassed. */
const INACTIVE_MODES: readonly unknown[] = [2, 4];
const AIR_LISTS = ['airs', 'ckpt_airs', 'lora_airs', 'embedding_airs'];

/** Returns the graphs in a JSON object, which can be one of them or have both; undefined if it has none. */
export function graphsIn(json: Json): ComfyGraphs | undefined {
  if (isWorkflow(json)) return { workflow: json };
  if (isPrompt(json)) return { prompt: json };
  const [prompt, workflow] = [objectOf(json.prompt), objectOf(json.workflow)];
  const graphs = {
    prompt: isPrompt(prompt) ? prompt : undefined,
    workflow: isWorkflow(workflow) ? workflow : undefined,
  };
  return graphs.prompt || graphs.workflow ? graphs : undefined;
}

function isPrompt(json: Json): boolean {
  return Object.values(json).some((node) => isRecord(node) && typeof node.class_type === 'string');
}

function isWorkflow(json: Json): boolean {
  return Array.isArray(json.nodes);
}

/** Yields the models of graphs. Files are named by what was executed, if it is there. */
export function* readComfy({ prompt, workflow }: ComfyGraphs): Generator<Reference | undefined> {
  if (workflow) yield* readWorkflow(workflow, prompt === undefined);
  if (prompt) yield* readPrompt(prompt);
}

function* readPrompt(prompt: Json): Generator<Reference | undefined> {
  yield* readExtra(prompt);
  const linked = linkedNodes(prompt);
  for (const [id, node] of Object.entries(prompt)) {
    if (!isRecord(node) || typeof node.class_type !== 'string' || !isRecord(node.inputs)) continue;
    // Loaders have no effect of their own.
    const isUseless = /loader/i.test(node.class_type) && !linked.has(id);
    if (!isUseless && !isSwitchedOff(node.inputs)) yield* readInputs(node.inputs, node.class_type);
  }
}

/** Returns the nodes whose results others use. A link is `["12", 0]`. */
function linkedNodes(prompt: Json): ReadonlySet<string> {
  const linked = new Set<string>();
  for (const node of Object.values(prompt))
    for (const input of isRecord(node) && isRecord(node.inputs) ? Object.values(node.inputs) : [])
      if (Array.isArray(input) && input.length === 2) linked.add(String(input[0]));
  return linked;
}

function isSwitchedOff(inputs: Json): boolean {
  const strengths = [inputs.strength, inputs.strength_model, inputs.strength_clip].filter(
    (strength) => strength !== undefined,
  );
  return inputs.on === false || (strengths.length > 0 && strengths.every((strength) => strength === 0));
}

/** Yields the models of a node's inputs, or of the settings of a part of it. */
function* readInputs(inputs: Json, nodeType: string): Generator<Reference | undefined> {
  for (const [key, value] of Object.entries(inputs)) {
    if (typeof value === 'string') {
      if (key === 'resources_json') yield* readResources(value);
      yield* readValue(value, roleOfInput(key, nodeType), LOADER_INPUT.test(key));
    } else if (isRecord(value) && !isSwitchedOff(value)) yield* readInputs(value, nodeType);
  }
}

const LOADER_INPUT =
  /^(ckpt|unet|lora|vae|control_net|clip|style_model|gguf|model)_name(_?\d+)?$|^lora_?\d*$/;
const MODEL_FILE = /^[^\n]{1,300}\.(safetensors|ckpt|pt|pth|bin|gguf|sft)$/i;
const EMBEDDING = /\bembedding:(?!urn:air:)(?<name>[^\s,()<>:]{1,200})/gi;

function roleOfInput(key: string, nodeType: string): ModelRole {
  const role = roleOf(key);
  return role === 'other' ? roleOf(nodeType) : role;
}

/** Yields the model that a setting names, or those in a prompt. */
function* readValue(text: string, role: ModelRole, isLoader: boolean): Generator<Reference | undefined> {
  if (/urn:air:/i.test(text)) return yield* findAirs(text, role);
  if (isLoader || MODEL_FILE.test(text)) return yield nameReference(text, role);
  yield* readPromptTags(text);
  for (const { groups } of text.matchAll(EMBEDDING)) yield nameReference(groups?.name, 'embedding');
}

function* readWorkflow(workflow: Json, hasFileNames: boolean): Generator<Reference | undefined> {
  yield* readExtra(workflow);
  yield* readModelList(workflow.models);
  const subgraphs = objectsOf(objectOf(workflow.definitions).subgraphs);
  for (const node of [workflow, ...subgraphs].flatMap(({ nodes }) => objectsOf(nodes))) {
    if (INACTIVE_MODES.includes(node.mode) || isNote(node)) continue;
    yield* readModelList(
      objectsOf(objectOf(node.properties).models).filter((model) => isChosen(model, node)),
    );
    if (hasFileNames) yield* readWidgets(node);
  }
}

function isNote({ type }: Json): boolean {
  return typeof type === 'string' && /note$/i.test(type);
}

/** Whether a node has the model that it offers: its list stays when the user chooses another. */
function isChosen({ name }: Json, { widgets_values: values }: Json): boolean {
  const chosen = Object.values(isRecord(values) || Array.isArray(values) ? values : {});
  const names = chosen.filter((value) => typeof value === 'string').map(nameKey);
  return names.length === 0 || (typeof name === 'string' && names.includes(nameKey(name)));
}

/** Widgets have no names in the older form. */
function* readWidgets({ widgets_values: values, type }: Json): Generator<Reference | undefined> {
  const nodeType = typeof type === 'string' ? type : '';
  const widgets = Array.isArray(values) ? { ...values } : objectOf(values);
  if (!isSwitchedOff(widgets)) yield* readInputs(widgets, nodeType);
}

/** Yields the models that the editor offers to download. */
function* readModelList(models: unknown): Generator<Reference | undefined> {
  for (const { name, url, hash, hash_type, directory } of objectsOf(models)) {
    const role = roleOf(directory);
    const isSha256 = typeof hash_type === 'string' && /^sha-?256$/i.test(hash_type);
    yield readCivitaiUrl(url, role, name) ?? hashReference(isSha256 ? hash : undefined, role, name);
  }
}

/** Yields the models that Civitai's own graphs list by ids. */
export function* readExtra(graph: Json): Generator<Reference | undefined> {
  const extra = objectOf(graph.extra);
  for (const list of AIR_LISTS) {
    for (const air of listOf(extra[list])) {
      const isShort = typeof air === 'string' && /^\d/.test(air);
      yield readAir(isShort ? `civitai:${air}` : air, list === 'airs' ? undefined : roleOf(list));
    }
  }
  yield* readResources(objectOf(graph.extraMetadata ?? extra.extraMetadata).resources);
}
