import type { CallResult, Grant, Json, JsonObject, Problem, Scope, Status } from './messages';
import type { RpcConnection } from './rpc';

const callTimeoutMs = 10 * 60_000;
const stateTimeoutMs = 20_000;

/** The host's methods: MCP for calls, the operator's channel for the rest. */
export class HostClient {
  constructor(private readonly connection: RpcConnection) {}

  /** MCP's handshake. */
  async initialize(version: string): Promise<void> {
    await this.ask(
      'initialize',
      { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'atoll-vscode', version } },
      stateTimeoutMs,
    );
    this.connection.notify('notifications/initialized');
  }

  status(): Promise<Status> {
    return this.ask<Status>('atoll/status', {}, stateTimeoutMs);
  }

  call(tool: string, input: JsonObject, signal?: AbortSignal): Promise<CallResult> {
    return this.ask<CallResult>('tools/call', { name: tool, arguments: input }, callTimeoutMs, signal);
  }

  /** Grants; with a program (null: a tool from outside of the folder) only when that is still the tool's. */
  grant(tool: string, capability: string, scope: Scope, program?: string | null): Promise<Grant> {
    return this.ask<Grant>('atoll/grant', { tool, capability, scope, ...(program === undefined ? {} : { program }) }, stateTimeoutMs);
  }

  revoke(id: string): Promise<Grant> {
    return this.ask<Grant>('atoll/revoke', { id }, stateTimeoutMs);
  }

  async check(file: string, text: string): Promise<readonly Problem[]> {
    return (await this.ask<{ problems: readonly Problem[] }>('atoll/check', { file, text }, stateTimeoutMs)).problems;
  }

  // The host is the extension's own program, of its own version: its answers are taken as they are.
  private async ask<T = Json>(method: string, params: JsonObject, timeoutMs: number, signal?: AbortSignal): Promise<T> {
    return (await this.connection.request(method, params, signal === undefined ? { timeoutMs } : { timeoutMs, signal })) as T;
  }
}
