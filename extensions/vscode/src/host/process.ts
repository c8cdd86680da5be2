import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { HostClient } from './client';
import type { HostProgram } from './locate';
import type { JsonObject } from './messages';
import { RpcConnection } from './rpc';

export interface HostEvents {
  readonly onNotification: (method: string, params: JsonObject) => void;
  readonly onLine: (line: string) => void;
  /** The process is gone; told once, also when it could not be started. */
  readonly onExit: (reason: string) => void;
}

const patienceMs = 3000;

/** One process of the host, started with its operator's channel on standard input and output. */
export class HostProcess {
  readonly client: HostClient;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly connection: RpcConnection;
  private rest = '';
  private gone = false;

  constructor(
    program: HostProgram,
    args: readonly string[],
    place: { readonly folder: string; readonly env: Readonly<Record<string, string>> },
    private readonly events: HostEvents,
  ) {
    // A folder of the workspace is no good place to start a program in: .NET looks for settings there.
    this.child = spawn(program.command, [...program.args, ...args], {
      cwd: place.folder,
      stdio: 'pipe',
      windowsHide: true,
      env: { ...process.env, ...place.env },
    });
    this.connection = new RpcConnection(
      (line) => this.child.stdin.write(line),
      events.onNotification,
      (reason) => {
        this.events.onLine(`the server broke the protocol: ${reason}`);
        this.child.kill('SIGKILL');
      },
    );
    this.client = new HostClient(this.connection);
    this.child.stdin.on('error', () => undefined);
    this.child.stdout.on('data', (chunk: Buffer) => this.connection.feed(chunk));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => this.takeLog(text));
    this.child.on('error', (error) => this.end(`it cannot be started: ${error.message}`));
    this.child.on('exit', (code, signal) => this.end(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Asks it to end by closing its input, and ends it when it does not. */
  async stop(): Promise<void> {
    if (this.gone) {
      return;
    }
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    const timer = setTimeout(() => this.child.kill('SIGKILL'), patienceMs);
    this.connection.close('the server was stopped');
    this.child.stdin.end();
    await ended;
    clearTimeout(timer);
  }

  /** Ends it at once: the window is closing. */
  kill(): void {
    this.connection.close('the server was stopped');
    this.child.stdin.end();
    this.child.kill();
  }

  private end(reason: string): void {
    if (this.gone) {
      return;
    }
    this.gone = true;
    if (this.rest !== '') {
      this.events.onLine(this.rest);
    }
    this.connection.close(`the server is gone: ${reason}`);
    this.events.onExit(reason);
  }

  private takeLog(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = (lines.pop() ?? '').slice(-65_536);
    for (const line of lines) {
      this.events.onLine(line.replace(/\r$/, ''));
    }
  }
}
