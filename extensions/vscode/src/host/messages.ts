// What the host says, in its own words: docs/vscode.md describes the operator's channel.

export interface Problem {
  readonly file: string;
  /** Counted from 1; 0 when the whole file is meant. */
  readonly line: number;
  /** In UTF-8 bytes, counted from 1; 0 when the whole line is meant. */
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export type Scope = 'once' | 'session' | 'always';

export interface Grant {
  readonly id: string;
  readonly tool: string;
  readonly capability: string;
  readonly scope: Scope;
  /** SHA-256 of the program that it was given to; null for a tool from outside of the folder. */
  readonly program?: string | null;
}

export interface Tool {
  readonly name: string;
  readonly publicName: string;
  readonly title?: string | null;
  readonly description: string;
  readonly version: string;
  readonly kind: 'wasm' | 'native' | 'component';
  readonly entry: string;
  readonly file: string;
  /** Whether the manifest lies in the workspace. */
  readonly own: boolean;
  /** What the manifest asks for. */
  readonly permissions: readonly string[];
  /** What its calls may use now. */
  readonly folders: readonly string[];
  readonly readOnlyBecause?: string | null;
  readonly inputSchema: JsonObject;
}

export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly memoryBytes: number;
  readonly runtime: string;
  readonly workspace: string;
  readonly configurationFile: string;
  readonly endpoint: string | null;
  readonly token: string;
  readonly readOnly: boolean;
  readonly keepsGrants: boolean;
  readonly folders: readonly string[];
  readonly tools: readonly Tool[];
  readonly grants: readonly Grant[];
  readonly problems: readonly Problem[];
}

/** A call that was refused a capability. */
export interface Denied {
  readonly tool: string;
  readonly publicName: string;
  readonly code: string;
  readonly message: string;
  readonly capability: string;
  /** The narrowest grant that would do; absent when none would. */
  readonly grant?: string;
  readonly arguments?: JsonObject;
  readonly traceId: string;
  /** Whether this extension made the call itself, and not an agent. */
  readonly own: boolean;
}

export interface CallResult {
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
  readonly structuredContent?: Json;
  readonly isError?: boolean;
  readonly _meta?: JsonObject;
}

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The failure of a call, as `_meta` carries it. */
export function errorOf(result: CallResult): { code: string; message: string } | undefined {
  if (result.isError !== true) {
    return undefined;
  }
  const error = result._meta?.['atoll/error'];
  const text = result.content?.[0]?.text ?? 'The tool failed without saying why.';
  return isObject(error)
    ? { code: String(error['code'] ?? 'failed'), message: String(error['message'] ?? text) }
    : { code: 'failed', message: text };
}

export function traceOf(result: CallResult): string | undefined {
  const trace = result._meta?.['atoll/trace_id'];
  return typeof trace === 'string' ? trace : undefined;
}
