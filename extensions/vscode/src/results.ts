import * as vscode from 'vscode';
import { Emitter } from './emitter';
import { type CallResult, errorOf, type JsonObject, traceOf } from './host/messages';
import { describeResult } from './resultText';

export interface Outcome {
  readonly folder: string;
  readonly tool: string;
  readonly input: JsonObject;
  readonly result: CallResult;
  readonly milliseconds: number;
  readonly at: Date;
}

/** The last result of each tool, and the document that shows it. */
export class Results implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private static readonly scheme = 'atoll-result';
  private readonly last = new Map<string, Outcome>();
  private readonly added = new Emitter<Outcome>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(Results.scheme, this);
  readonly onDidChange = this.changed.event;
  readonly onDidAdd = this.added.event;

  add(outcome: Outcome): void {
    this.last.set(keyOf(outcome.folder, outcome.tool), outcome);
    this.changed.fire(uriOf(outcome));
    this.added.fire(outcome);
  }

  find(folder: string, tool: string): Outcome | undefined {
    return this.last.get(keyOf(folder, tool));
  }

  async show(outcome: Outcome): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uriOf(outcome));
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true, viewColumn: vscode.ViewColumn.Beside });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const outcome = this.last.get(uri.query);
    return outcome ? describeResult(outcome) : 'This result is not kept any more.';
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
    this.added.dispose();
  }
}

/** One word for lists: how the call ended. */
export function verdict(outcome: Outcome): string {
  return errorOf(outcome.result)?.code ?? `ok, ${outcome.milliseconds} ms`;
}

export function traceIdOf(outcome: Outcome): string | undefined {
  return traceOf(outcome.result);
}

function keyOf(folder: string, tool: string): string {
  return `${folder}|${tool}`;
}

// The name ends in .md: long texts in a result read best so.
function uriOf(outcome: Outcome): vscode.Uri {
  return vscode.Uri.from({ scheme: 'atoll-result', path: `/${outcome.tool} result.md`, query: keyOf(outcome.folder, outcome.tool) });
}
