import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Config } from './config';
import { Emitter } from './emitter';
import { FolderHost, type HostState } from './host/folderHost';
import { locateHost } from './host/locate';
import type { Denied } from './host/messages';
import type { Output } from './output';

/** The hosts of the window's folders, one each. They start when they are needed, and at once where a folder has `.mcp`. */
export class Hosts implements vscode.Disposable {
  private readonly byFolder = new Map<string, FolderHost>();
  private readonly changed = new Emitter<void>();
  private readonly refused = new Emitter<{ readonly host: FolderHost; readonly denied: Denied }>();
  private readonly subscriptions: vscode.Disposable[] = [];
  private readonly first: NodeJS.Immediate;
  readonly onDidChange = this.changed.event;
  readonly onDenied = this.refused.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly config: Config,
    private readonly output: Output,
  ) {
    this.subscriptions.push(
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.follow();
        this.autoStart();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.onTrusted()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('atoll.path') || change.affectsConfiguration('atoll.server.logLevel')) {
          void this.restartRunning();
        }
      }),
    );
    this.follow();
    // Starting a process takes longer than the rest of the activation, and nobody waits for it.
    this.first = setImmediate(() => this.autoStart());
  }

  get all(): readonly FolderHost[] {
    return [...this.byFolder.values()];
  }

  /** The worst state, for a window with several folders. */
  get state(): HostState {
    const order: readonly HostState[] = ['failed', 'missing', 'waiting', 'starting', 'running', 'untrusted', 'stopped'];
    const states = new Set(this.all.map((host) => host.state));
    return order.find((state) => states.has(state)) ?? 'stopped';
  }

  /** The host of the folder that holds a file; without one, the first. */
  hostFor(uri?: vscode.Uri): FolderHost | undefined {
    const folder = uri ? vscode.workspace.getWorkspaceFolder(uri) : undefined;
    return (folder && this.byFolder.get(folder.uri.toString())) ?? this.all[0];
  }

  /** Starts what should run without being asked. */
  autoStart(): void {
    if (!this.config.autoStart) {
      return;
    }
    for (const host of this.all) {
      if (host.state === 'stopped' && existsSync(join(host.folder, '.mcp'))) {
        this.startQuietly(host);
      }
    }
  }

  startQuietly(host: FolderHost): void {
    host.ready().catch((error: unknown) => this.output.log('error', String(error instanceof Error ? error.message : error)));
  }

  async restartRunning(): Promise<void> {
    await Promise.all(
      this.all
        .filter((host) => host.state !== 'stopped' && host.state !== 'untrusted')
        .map((host) => host.restart().catch((error: unknown) => this.output.log('error', String(error)))),
    );
  }

  dispose(): void {
    clearImmediate(this.first);
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
    for (const host of this.all) {
      host.dispose();
    }
    this.byFolder.clear();
    this.changed.dispose();
    this.refused.dispose();
  }

  private follow(): void {
    const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === 'file');
    const wanted = new Set(folders.map((folder) => folder.uri.toString()));
    for (const [key, host] of this.byFolder) {
      if (!wanted.has(key)) {
        this.byFolder.delete(key);
        host.dispose();
      }
    }
    for (const folder of folders) {
      if (!this.byFolder.has(folder.uri.toString())) {
        this.byFolder.set(folder.uri.toString(), this.make(folder.uri.fsPath));
      }
    }
    this.changed.fire();
  }

  private make(folder: string): FolderHost {
    const host = new FolderHost({
      folder,
      version: String((this.context.extension.packageJSON as { version: string }).version),
      startIn: this.context.extensionPath,
      locate: () =>
        locateHost(this.config.path, this.context.extensionPath, {
          platform: process.platform,
          env: process.env,
          isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true,
        }),
      isTrusted: () => vscode.workspace.isTrusted,
      logLevel: () => this.config.logLevel,
      log: (level, text) => this.output.log(level, text),
      onLine: (line) => this.output.line(folder, line),
    });
    host.onDidChange(() => this.changed.fire());
    host.onDenied((denied) => this.refused.fire({ host, denied }));
    return host;
  }

  private onTrusted(): void {
    // An untrusted host leaves its state only when somebody looks; now everybody may.
    void Promise.all(this.all.map((host) => host.stop())).then(() => this.autoStart());
  }
}
