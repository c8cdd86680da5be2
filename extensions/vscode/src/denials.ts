import * as vscode from 'vscode';
import type { Ctx } from './ctx';
import type { FolderHost } from './host/folderHost';
import type { Denied, Scope } from './host/messages';
import { runTool } from './commands/execute';
import { shorten } from './views/capability';

export interface Denial {
  readonly host: FolderHost;
  readonly denied: Denied;
  readonly at: Date;
}

const memory = 20;
const quietMs = 30_000;

export const scopeChoices: readonly { readonly scope: Scope; readonly title: string; readonly detail: string }[] = [
  { scope: 'once', title: 'Allow Once', detail: 'for the next call of this tool' },
  { scope: 'session', title: 'Allow This Session', detail: 'until you stop the server or close the window' },
  { scope: 'always', title: 'Always Allow', detail: 'in this folder, for all clients of this user, until it is revoked' },
];

/** Calls that were refused: one notification for each kind, with the narrowest grant that would do. */
export class Denials implements vscode.Disposable {
  private readonly recent: Denial[] = [];
  private readonly quietUntil = new Map<string, number>();
  private readonly subscription: vscode.Disposable;

  constructor(private readonly ctx: Ctx) {
    this.subscription = ctx.hosts.onDenied(({ host, denied }) => this.take({ host, denied, at: new Date() }));
  }

  /** The newest first, one for each tool and grant. */
  get all(): readonly Denial[] {
    return this.recent;
  }

  /** Grants what was refused, and runs the call again when the person made it. */
  async grant(denial: Denial, scope: Scope): Promise<void> {
    const { host, denied } = denial;
    if (denied.grant === undefined) {
      return;
    }
    const client = await host.ready();
    await client.grant(denied.tool, denied.grant, scope);
    this.forget(denial);
    await host.refresh();
    if (denied.arguments === undefined) {
      return;
    }
    if (denied.own) {
      await runTool(this.ctx, host, denied.tool, denied.arguments);
      return;
    }
    const again = 'Run It Now';
    if (
      (await vscode.window.showInformationMessage(
        `${denied.tool} may use ${shorten(denied.grant, host.folder)} now. The agent can call again.`,
        again,
      )) === again
    ) {
      await runTool(this.ctx, host, denied.tool, denied.arguments);
    }
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private take(denial: Denial): void {
    const key = keyOf(denial);
    this.forget(denial);
    this.recent.unshift(denial);
    this.recent.length = Math.min(this.recent.length, memory);

    // An agent may try the same thing many times: that is one question.
    const now = Date.now();
    if (!this.ctx.config.notifyDenials || (!denial.denied.own && (this.quietUntil.get(key) ?? 0) > now)) {
      return;
    }
    this.quietUntil.set(key, Number.POSITIVE_INFINITY);
    void this.ask(denial)
      .catch((error: unknown) => void vscode.window.showErrorMessage(String(error instanceof Error ? error.message : error)))
      .finally(() => this.quietUntil.set(key, Date.now() + quietMs));
  }

  private async ask(denial: Denial): Promise<void> {
    const { denied, host } = denial;
    const refused = shorten(denied.capability, host.folder);
    const who = denied.own ? denied.tool : `An agent's call of ${denied.tool}`;
    if (denied.grant === undefined) {
      const open = 'Open Configuration';
      if ((await vscode.window.showWarningMessage(`${who} was refused ${refused}.`, open)) === open) {
        await vscode.commands.executeCommand('atoll.openConfiguration');
      }
      return;
    }
    const narrow = denied.grant === denied.capability ? '' : ` The narrowest grant is ${shorten(denied.grant, host.folder)}.`;
    const choices = scopeChoices.filter((choice) => choice.scope !== 'always' || denial.host.status?.keepsGrants === true);
    const chosen = await vscode.window.showWarningMessage(`${who} was refused ${refused}.${narrow}`, ...choices);
    if (chosen) {
      await this.grant(denial, chosen.scope);
    }
  }

  private forget(denial: Denial): void {
    const at = this.recent.findIndex((other) => keyOf(other) === keyOf(denial));
    if (at >= 0) {
      this.recent.splice(at, 1);
    }
  }
}

function keyOf(denial: Denial): string {
  return [denial.host.folder, denial.denied.tool, denial.denied.grant ?? denial.denied.capability].join('|');
}
