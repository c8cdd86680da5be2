import * as vscode from 'vscode';
import { type Level, LogMemory, parseLogLine } from './log';

/** The output channel, and the memory behind its filter. */
export class Output implements vscode.Disposable {
  private readonly channel = vscode.window.createOutputChannel('Atoll', { log: true });
  readonly memory = new LogMemory();

  /** A line of the server's log. */
  line(folder: string, text: string): void {
    const line = parseLogLine(text);
    this.memory.add(folder, line);
    this.channel[line.level](line.text);
  }

  /** What the extension itself has to say. */
  log(level: Level, text: string): void {
    this.memory.add('', { level, text });
    this.channel[level](text);
  }

  show(): void {
    this.channel.show(true);
  }

  dispose(): void {
    this.channel.dispose();
  }
}
