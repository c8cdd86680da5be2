import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { scopeChoices } from '../denials';
import { shorten } from '../views/capability';
import { targetOf } from '../views/toolsView';

/** Grant Permission: what was refused, and the narrowest grant that would do. */
export async function grantPermission(ctx: Ctx): Promise<void> {
  const open = ctx.denials.all.filter((denial) => denial.denied.grant !== undefined);
  if (open.length === 0) {
    const configure = 'Open Configuration';
    const answer = await vscode.window.showInformationMessage(
      'Nothing was refused since the window was opened. Folders for all tools are granted in the configuration.',
      configure,
    );
    if (answer === configure) {
      await vscode.commands.executeCommand('atoll.openConfiguration');
    }
    return;
  }
  const picked = await vscode.window.showQuickPick(
    open.map((denial) => ({
      label: denial.denied.tool,
      description: `refused ${shorten(denial.denied.capability, denial.host.folder)}`,
      detail: [
        `narrowest grant: ${shorten(denial.denied.grant ?? '', denial.host.folder)}`,
        `(${denial.denied.own ? 'your call' : "an agent's call"}, ${denial.at.toLocaleTimeString()})`,
      ].join(' '),
      denial,
    })),
    { title: 'Grant Permission', placeHolder: 'What was refused' },
  );
  if (!picked) {
    return;
  }
  const keeps = picked.denial.host.status?.keepsGrants === true;
  const scope = await vscode.window.showQuickPick(
    scopeChoices
      .filter((choice) => choice.scope !== 'always' || keeps)
      .map((choice) => ({ label: choice.title, description: choice.detail, scope: choice.scope })),
    { title: `Grant ${shorten(picked.denial.denied.grant ?? '', picked.denial.host.folder)} to ${picked.label}` },
  );
  if (scope) {
    await ctx.denials.grant(picked.denial, scope.scope);
  }
}

/** Revoke Permission: from the view at once, else chosen from a list. */
export async function revokePermission(ctx: Ctx, node?: unknown): Promise<void> {
  const target = targetOf(node);
  const all = ctx.hosts.all.flatMap((host) => (host.status?.grants ?? []).map((grant) => ({ host, grant })));
  const given = target?.grant && all.find(({ host, grant }) => host.folder === target.folder && grant.id === target.grant?.id);
  const chosen = given ?? (await choose(all));
  if (chosen) {
    const client = await chosen.host.ready();
    await client.revoke(chosen.grant.id);
    await chosen.host.refresh();
    vscode.window.setStatusBarMessage(`${chosen.grant.tool} may not use ${chosen.grant.capability} any more`, 5000);
  }
}

async function choose<
  T extends {
    readonly host: { readonly folder: string };
    readonly grant: { readonly tool: string; readonly capability: string; readonly scope: string };
  },
>(all: readonly T[]): Promise<T | undefined> {
  if (all.length === 0) {
    void vscode.window.showInformationMessage('Nothing was granted besides the configuration.');
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(
    all.map((entry) => ({
      label: shorten(entry.grant.capability, entry.host.folder),
      description: entry.grant.tool,
      detail: entry.grant.scope,
      entry,
    })),
    { title: 'Revoke Permission', placeHolder: 'Which grant ends?' },
  );
  return picked?.entry;
}
