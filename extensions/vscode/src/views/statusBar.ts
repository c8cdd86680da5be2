import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { barText } from './barText';

/** State, tools and problems in one item; a click lists the actions. */
export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('atoll.status', vscode.StatusBarAlignment.Left, 10);
  private readonly subscription: vscode.Disposable;

  constructor(private readonly ctx: Ctx) {
    this.item.name = 'Atoll';
    this.item.command = 'atoll.showActions';
    this.subscription = ctx.hosts.onDidChange(() => this.update());
    this.update();
  }

  dispose(): void {
    this.subscription.dispose();
    this.item.dispose();
  }

  private update(): void {
    const { hosts } = this.ctx;
    void vscode.commands.executeCommand('setContext', 'atoll.state', hosts.state);
    if (hosts.all.length === 0) {
      this.item.hide();
      return;
    }
    const shown = barText(
      hosts.state,
      hosts.all.map((host) => ({ folder: host.folder, reason: host.reason, status: host.status })),
    );
    this.item.text = shown.text;
    this.item.tooltip = shown.tooltip;
    this.item.backgroundColor = shown.isWarning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.show();
  }
}
