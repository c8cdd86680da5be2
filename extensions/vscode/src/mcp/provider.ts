import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { FolderHost } from '../host/folderHost';
import { type DefinitionProvider, type HttpDefinition, mcpApi } from './api';

/**
 * Offers the hosts to the editor's agents. Naming a host costs nothing; it starts when the editor resolves the definition, that is, when
 * an agent wants its tools. Only the editor is told the token, so nobody else on the machine can use the address.
 */
export class McpProvider implements DefinitionProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly byLabel = new Map<string, FolderHost>();
  private readonly subscriptions: vscode.Disposable[];
  private known = '';
  readonly onDidChangeMcpServerDefinitions = this.changed.event;

  private constructor(
    private readonly ctx: Ctx,
    private readonly api: NonNullable<ReturnType<typeof mcpApi>>,
  ) {
    this.subscriptions = [
      api.register('atoll', this),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.changed.fire()),
      ctx.hosts.onDidChange(() => this.onHosts()),
    ];
  }

  /** Registers the provider; undefined where the editor has no such API. */
  static register(ctx: Ctx): McpProvider | undefined {
    const api = mcpApi();
    return api && new McpProvider(ctx, api);
  }

  provideMcpServerDefinitions(): HttpDefinition[] {
    this.byLabel.clear();
    if (!vscode.workspace.isTrusted) {
      return [];
    }
    const hosts = this.ctx.hosts.all.filter((host) => host.state !== 'missing');
    return hosts.map((host) => {
      const label = hosts.length > 1 ? `Atoll ${basename(host.folder)}` : 'Atoll';
      this.byLabel.set(label, host);
      return this.define(label, host);
    });
  }

  async resolveMcpServerDefinition(definition: HttpDefinition): Promise<HttpDefinition> {
    const host = this.byLabel.get(definition.label);
    if (!host) {
      throw new Error(`${definition.label} is not served any more.`);
    }
    await host.ready();
    return this.define(definition.label, host);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
    this.changed.dispose();
  }

  private define(label: string, host: FolderHost): HttpDefinition {
    const status = host.status;
    // Until the host runs there is no address; the editor asks again before it connects.
    const uri = vscode.Uri.parse(status?.endpoint ?? 'http://127.0.0.1/mcp');
    return new this.api.Definition(label, uri, status ? { Authorization: `Bearer ${status.token}` } : {}, versionOf(host));
  }

  // The editor reads the tools again when the version is another.
  private onHosts(): void {
    const now = this.ctx.hosts.all
      .map((host) => `${host.folder}|${host.state === 'missing'}|${host.status ? `${versionOf(host)}|${host.status.pid}` : ''}`)
      .join('\n');
    if (now !== this.known && this.ctx.hosts.state !== 'starting') {
      this.known = now;
      this.changed.fire();
    }
  }
}

function versionOf(host: FolderHost): string {
  return host.status
    ? `${host.status.version}+${host.status.tools.map((tool) => `${tool.name}@${tool.version}`).join(',').length}.${host.status.pid}`
    : '0';
}
