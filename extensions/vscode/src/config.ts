import * as vscode from 'vscode';

/** The only reader of settings. */
export class Config {
  static readonly section = 'atoll';

  /** Only the user's own settings count: a folder must not name the program that is run for it. */
  get path(): string {
    const found = this.settings().inspect<string>('path');
    return found?.globalValue ?? '';
  }

  get autoStart(): boolean {
    return this.settings().get('server.autoStart', true);
  }

  get logLevel(): string {
    return this.settings().get('server.logLevel', 'information');
  }

  get notifyDenials(): boolean {
    return this.settings().get('notifyDenials', true);
  }

  private settings(): vscode.WorkspaceConfiguration {
    return vscode.workspace.getConfiguration(Config.section);
  }
}
