import * as vscode from 'vscode';
import { Config } from './config';
import { Denials } from './denials';
import { Hosts } from './hosts';
import { Output } from './output';
import { Results } from './results';

/** Owns everything that lives as long as the extension. */
export class Ctx implements vscode.Disposable {
  readonly config = new Config();
  readonly output = new Output();
  readonly hosts: Hosts;
  readonly results: Results;
  readonly denials: Denials;

  constructor(readonly extension: vscode.ExtensionContext) {
    this.hosts = new Hosts(extension, this.config, this.output);
    this.results = new Results();
    this.denials = new Denials(this);
    extension.subscriptions.push(this);
  }

  /** Keeps something until the extension ends. */
  own<T extends vscode.Disposable>(...things: readonly T[]): void {
    this.extension.subscriptions.push(...things);
  }

  dispose(): void {
    this.denials.dispose();
    this.results.dispose();
    this.hosts.dispose();
    this.output.dispose();
  }
}
