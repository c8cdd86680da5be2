import { randomBytes } from 'node:crypto';
import { Emitter } from '../emitter';
import { Backoff } from './backoff';
import type { HostClient } from './client';
import type { HostMissing, HostProgram } from './locate';
import type { Denied, Grant, Status } from './messages';
import { HostProcess } from './process';

export type HostState = 'untrusted' | 'missing' | 'stopped' | 'starting' | 'running' | 'waiting' | 'failed';

export interface HostSetup {
  readonly folder: string;
  readonly version: string;
  /** Where the process starts; not the folder itself. */
  readonly startIn: string;
  readonly locate: () => HostProgram | HostMissing;
  readonly isTrusted: () => boolean;
  readonly logLevel: () => string;
  readonly log: (level: 'info' | 'warn' | 'error', text: string) => void;
  readonly onLine: (line: string) => void;
}

/** The host of one folder: started on demand, started again with a growing wait when it ends unasked. */
export class FolderHost {
  private readonly changed = new Emitter<void>();
  private readonly refused = new Emitter<Denied>();
  readonly onDidChange = this.changed.event;
  readonly onDenied = this.refused.event;
  private process: HostProcess | undefined;
  private starting: Promise<HostClient> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private port = 0;
  /** The same for all processes: the editor's agents stay connected when the server is started again. */
  private readonly token = randomBytes(24).toString('hex');
  private current: HostState;
  /** What was granted for the session: the next process of the same session gets it too. */
  private kept: readonly Grant[] = [];
  private readonly backoff: Backoff;

  /** What the host said last of itself. */
  status: Status | undefined;
  /** What stands in the way, in the states `missing` and `failed`. */
  reason = '';
  /** How long the last start took, from the request to the first answer. */
  readyMs = 0;

  constructor(
    private readonly setup: HostSetup,
    backoff = new Backoff(),
  ) {
    this.backoff = backoff;
    this.current = setup.isTrusted() ? 'stopped' : 'untrusted';
  }

  get folder(): string {
    return this.setup.folder;
  }

  get state(): HostState {
    return this.current;
  }

  /** The host, started if need be. */
  ready(): Promise<HostClient> {
    if (this.current === 'running' && this.process) {
      return Promise.resolve(this.process.client);
    }
    this.starting ??= this.start().finally(() => (this.starting = undefined));
    return this.starting;
  }

  stop(): Promise<void> {
    this.kept = [];
    return this.end(this.setup.isTrusted() ? 'stopped' : 'untrusted');
  }

  /** Begins a new session. */
  async restart(): Promise<HostClient> {
    this.kept = [];
    await this.end('starting');
    return this.ready();
  }

  /** Lets a new process read the files of the folder; the session goes on. */
  async reload(): Promise<HostClient> {
    this.keep();
    await this.end('starting');
    return this.ready();
  }

  private async end(state: HostState): Promise<void> {
    clearTimeout(this.timer);
    const process = this.process;
    this.process = undefined;
    this.status = undefined;
    this.backoff.reset();
    this.enter(state);
    await process?.stop();
  }

  /** Asks for the state again and tells whoever listens. */
  async refresh(): Promise<Status | undefined> {
    const process = this.process;
    if (process && this.current === 'running') {
      const status = await process.client.status();
      if (this.process === process) {
        this.status = status;
        this.changed.fire();
      }
    }
    return this.status;
  }

  dispose(): void {
    clearTimeout(this.timer);
    const process = this.process;
    this.process = undefined;
    this.current = 'stopped';
    process?.kill();
    this.changed.dispose();
    this.refused.dispose();
  }

  // A grant for one call may have been used since the state was asked for.
  private keep(): void {
    this.kept = this.status?.grants.filter((grant) => grant.scope === 'session') ?? this.kept;
  }

  // A changed manifest or program may be why the server was started again: what it may not have any more is left out.
  private async giveBack(client: HostClient): Promise<void> {
    for (const { tool, capability, scope, program } of this.kept) {
      await client.grant(tool, capability, scope, program).catch((error: unknown) => {
        this.setup.log('warn', `${tool} lost ${capability}: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  }

  private async start(): Promise<HostClient> {
    clearTimeout(this.timer);
    if (!this.setup.isTrusted()) {
      this.enter('untrusted');
      throw new Error('Nothing runs in a folder that is not trusted.');
    }
    const program = this.setup.locate();
    if ('missing' in program) {
      this.enter('missing', program.missing);
      throw new Error(program.missing);
    }
    const began = Date.now();
    this.enter('starting');
    this.setup.log('info', `starting ${program.command} (${program.origin}) for ${this.folder}`);
    const args = [
      'serve',
      '--operator',
      '--quiet',
      '--workspace',
      this.folder,
      '--port',
      String(this.port),
      '--log-level',
      this.setup.logLevel(),
    ];
    const process: HostProcess = new HostProcess(
      program,
      args,
      { folder: this.setup.startIn, env: { ATOLL_TOKEN: this.token } },
      {
        onNotification: (method, params) => {
          if (method === 'notifications/atoll/denied') {
            this.refused.fire(params as unknown as Denied);
          }
        },
        onLine: (line) => this.setup.onLine(line),
        onExit: (reason) => this.onExit(process, reason, Date.now() - began),
      },
    );
    this.process = process;
    await process.client.initialize(this.setup.version);
    await this.giveBack(process.client);
    const status = await process.client.status();
    if (this.process !== process) {
      throw new Error('The server was stopped while it started.');
    }
    this.kept = [];
    this.status = status;
    this.readyMs = Date.now() - began;
    // Clients that hold the address find the server there again after a restart.
    this.port = status.endpoint === null ? 0 : Number(new URL(status.endpoint).port);
    this.setup.log(
      'info',
      `ready after ${this.readyMs} ms: ${status.tools.length} tools, process ${status.pid}, ${status.endpoint ?? 'no HTTP'}`,
    );
    this.enter('running');
    return process.client;
  }

  private onExit(process: HostProcess, reason: string, ranMs: number): void {
    if (this.process !== process) {
      return;
    }
    const wasRunning = this.current === 'running';
    this.keep();
    this.process = undefined;
    this.status = undefined;
    // The port may be what kept it from starting.
    this.port = wasRunning ? this.port : 0;
    const wait = this.backoff.next(ranMs);
    if (wait === undefined) {
      this.setup.log('error', `the server is gone (${reason}) and is not started again: it ended too often`);
      this.enter('failed', `The server ended too often: ${reason}. The output says why.`);
      return;
    }
    this.setup.log('warn', `the server is gone (${reason}); it is started again in ${wait} ms`);
    this.enter('waiting', reason);
    this.timer = setTimeout(() => void this.ready().catch(() => undefined), wait);
  }

  private enter(state: HostState, reason = ''): void {
    this.current = state;
    this.reason = reason;
    this.changed.fire();
  }
}
