import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { FolderHost } from '../host/folderHost';
import { errorOf, type Grant, type Problem, type Tool } from '../host/messages';
import { verdict } from '../results';
import { halves } from './capability';

type Node =
  | { readonly kind: 'folder'; readonly host: FolderHost }
  | { readonly kind: 'tool'; readonly host: FolderHost; readonly tool: Tool }
  | { readonly kind: 'grant'; readonly host: FolderHost; readonly grant: Grant }
  | { readonly kind: 'text'; readonly label: string; readonly description: string; readonly icon: string; readonly tooltip: string }
  | { readonly kind: 'problems'; readonly host: FolderHost; readonly problems: readonly Problem[] }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** The Tools view: each tool with what it may use, what was granted besides, and how its last call ended. */
export class ToolsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly ctx: Ctx) {
    const view = vscode.window.createTreeView('atoll.tools', { treeDataProvider: this, showCollapseAll: true });
    this.subscriptions = [
      view,
      ctx.hosts.onDidChange(() => this.changed.fire()),
      ctx.results.onDidAdd(() => this.changed.fire()),
      view.onDidChangeVisibility(({ visible }) => visible && this.startShown()),
    ];
  }

  getChildren(node?: Node): Node[] {
    if (!node) {
      const hosts = this.ctx.hosts.all;
      const running = hosts.filter((host) => host.status);
      return hosts.length > 1 ? running.map((host) => ({ kind: 'folder', host })) : running.flatMap((host) => this.toolsOf(host));
    }
    switch (node.kind) {
      case 'folder':
        return this.toolsOf(node.host);
      case 'tool':
        return this.detailsOf(node.host, node.tool);
      case 'problems':
        return node.problems.map((problem) => ({ kind: 'problem', problem }));
      default:
        return [];
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'folder':
        return new vscode.TreeItem(node.host.folder.split(/[\\/]/).pop() ?? node.host.folder, vscode.TreeItemCollapsibleState.Expanded);
      case 'tool':
        return this.toolItem(node.host, node.tool);
      case 'grant': {
        const { what, where } = halves(node.grant.capability, node.host.folder);
        return item(
          what,
          'key',
          `${node.grant.capability}\n\nGranted ${scopeText(node.grant)}.`,
          `${where} · ${scopeText(node.grant)}`,
          'grant',
        );
      }
      case 'text':
        return item(node.label, node.icon, node.tooltip, node.description);
      case 'problems': {
        const found = item(`Problems: ${node.problems.length}`, 'warning', 'What is wrong in manifests and configuration.');
        found.collapsibleState = vscode.TreeItemCollapsibleState.Expanded;
        return found;
      }
      case 'problem':
        return problemItem(node.problem);
    }
  }

  dispose(): void {
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
    this.changed.dispose();
  }

  // Whoever looks at the view wants to see tools.
  private startShown(): void {
    for (const host of this.ctx.hosts.all) {
      if (host.state === 'stopped' && this.ctx.config.autoStart) {
        this.ctx.hosts.startQuietly(host);
      }
    }
  }

  private toolsOf(host: FolderHost): Node[] {
    const status = host.status;
    if (!status) {
      return [];
    }
    const problems: Node[] = status.problems.length > 0 ? [{ kind: 'problems', host, problems: status.problems }] : [];
    return [...problems, ...status.tools.map((tool): Node => ({ kind: 'tool', host, tool }))];
  }

  private detailsOf(host: FolderHost, tool: Tool): Node[] {
    const grants = (host.status?.grants ?? []).filter((grant) => grant.tool === tool.name);
    const granted = new Set(grants.map((grant) => grant.capability));
    const nodes: Node[] = tool.folders
      .filter((capability) => !granted.has(capability))
      .map((capability) => {
        const { what, where } = halves(capability, host.folder);
        return {
          kind: 'text',
          label: what,
          description: where,
          icon: what === 'write' ? 'edit' : 'eye',
          tooltip: `${capability}\n\nWhat its calls may use now.`,
        };
      });
    nodes.push(...grants.map((grant): Node => ({ kind: 'grant', host, grant })));
    if (tool.folders.length === 0 && grants.length === 0) {
      nodes.push({ kind: 'text', label: 'no files', description: '', icon: 'circle-slash', tooltip: 'It can reach no file at all.' });
    }
    if (tool.readOnlyBecause) {
      nodes.push({
        kind: 'text',
        label: 'read only',
        description: '',
        icon: 'lock',
        tooltip: `It asks to write, but ${tool.readOnlyBecause}.`,
      });
    }
    return nodes;
  }

  private toolItem(host: FolderHost, tool: Tool): vscode.TreeItem {
    const last = this.ctx.results.find(host.folder, tool.name);
    const failed = last && errorOf(last.result);
    const icon = !last ? 'tools' : failed ? (failed.code === 'denied' || failed.code === 'read_only' ? 'shield' : 'error') : 'pass';
    const about = `${tool.name} ${tool.version}, ${tool.kind}${tool.own ? ', of this folder' : ''}`;
    const tooltip = `${tool.description}\n\n${about}\nasks for: ${tool.permissions.join(', ') || 'nothing'}`;
    const found = item(tool.name, icon, tooltip, last ? verdict(last) : tool.own ? 'this folder' : '', last ? 'tool.called' : 'tool');
    found.collapsibleState = vscode.TreeItemCollapsibleState.Collapsed;
    found.id = `${host.folder}|${tool.name}`;
    return found;
  }
}

/** What commands get from an item of the view. */
export function targetOf(
  node: unknown,
): { readonly folder: string; readonly tool: string; readonly file: string; readonly grant?: Grant } | undefined {
  const found = node as { readonly host?: FolderHost; readonly tool?: Tool; readonly grant?: Grant } | undefined;
  if (!found?.host) {
    return undefined;
  }
  const base = { folder: found.host.folder, tool: found.tool?.name ?? '', file: found.tool?.file ?? '' };
  return found.grant ? { ...base, grant: found.grant } : base;
}

function item(label: string, icon: string, tooltip: string, description = '', context = ''): vscode.TreeItem {
  const found = new vscode.TreeItem(label);
  found.iconPath = new vscode.ThemeIcon(icon);
  found.tooltip = tooltip;
  found.description = description;
  found.contextValue = context;
  return found;
}

function problemItem(problem: Problem): vscode.TreeItem {
  const name = problem.file.split(/[\\/]/).pop() ?? problem.file;
  const found = item(name, problem.severity, problem.message, problem.message);
  const at = new vscode.Position(Math.max(0, problem.line - 1), 0);
  found.command = {
    command: 'vscode.open',
    title: 'Open',
    arguments: [vscode.Uri.file(problem.file), { selection: new vscode.Range(at, at) }],
  };
  return found;
}

function scopeText(grant: Grant): string {
  return grant.scope === 'always' ? 'always' : grant.scope === 'session' ? 'this session' : 'once';
}
