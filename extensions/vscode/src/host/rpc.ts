import type { Json, JsonObject } from './messages';
import { isObject } from './messages';

/** An error that the other side answered with. */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = 'RpcError';
  }
}

/** The connection ended before the answer came. */
export class ConnectionClosed extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'ConnectionClosed';
  }
}

interface Waiting {
  readonly resolve: (value: Json) => void;
  readonly reject: (error: Error) => void;
  readonly dispose: () => void;
}

export interface RequestOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const maxLineBytes = 64 << 20;

/** JSON-RPC 2.0 over lines, as MCP's stdio transport has it: the client's side. */
export class RpcConnection {
  private readonly waiting = new Map<number, Waiting>();
  private parts: Buffer[] = [];
  private length = 0;
  private nextId = 1;
  private closed: ConnectionClosed | undefined;

  /**
   * @param write takes a whole line.
   * @param onNotification is told what the other side says unasked.
   * @param onBroken is told when the other side does not keep to the protocol.
   */
  constructor(
    private readonly write: (line: string) => void,
    private readonly onNotification: (method: string, params: JsonObject) => void,
    private readonly onBroken: (reason: string) => void,
  ) {}

  /** Takes bytes as they come. */
  feed(chunk: Buffer): void {
    let start = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, start)) {
      this.parts.push(chunk.subarray(start, at));
      const line = Buffer.concat(this.parts).toString('utf8');
      this.parts = [];
      this.length = 0;
      start = at + 1;
      this.take(line);
    }
    if (start < chunk.length) {
      this.parts.push(chunk.subarray(start));
      this.length += chunk.length - start;
      if (this.length > maxLineBytes) {
        this.parts = [];
        this.length = 0;
        this.onBroken(`a message is longer than ${maxLineBytes} bytes`);
      }
    }
  }

  request(method: string, params: JsonObject, options: RequestOptions = {}): Promise<Json> {
    if (this.closed) {
      return Promise.reject(this.closed);
    }
    const id = this.nextId++;
    return new Promise<Json>((resolve, reject) => {
      const abandon = (error: Error): void => {
        if (this.settle(id)) {
          this.notify('notifications/cancelled', { requestId: id, reason: error.message });
          reject(error);
        }
      };
      const timer =
        options.timeoutMs === undefined
          ? undefined
          : setTimeout(() => abandon(new Error(`The server did not answer ${method} within ${options.timeoutMs} ms.`)), options.timeoutMs);
      const onAbort = (): void => abandon(new Error('cancelled'));
      options.signal?.addEventListener('abort', onAbort, { once: true });
      this.waiting.set(id, {
        resolve,
        reject,
        dispose: () => {
          clearTimeout(timer);
          options.signal?.removeEventListener('abort', onAbort);
        },
      });
      this.send({ jsonrpc: '2.0', id, method, params });
      if (options.signal?.aborted) {
        onAbort();
      }
    });
  }

  notify(method: string, params: JsonObject = {}): void {
    if (!this.closed) {
      this.send({ jsonrpc: '2.0', method, params });
    }
  }

  /** Ends the connection: whoever waits is told why. */
  close(reason: string): void {
    if (this.closed) {
      return;
    }
    this.closed = new ConnectionClosed(reason);
    for (const id of [...this.waiting.keys()]) {
      this.settle(id)?.reject(this.closed);
    }
  }

  private send(message: JsonObject): void {
    this.write(JSON.stringify(message) + '\n');
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.dispose();
    return waiting;
  }

  private take(line: string): void {
    if (line.trim() === '') {
      return;
    }
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      this.onBroken('a line is no JSON');
      return;
    }
    if (!isObject(message)) {
      this.onBroken('a line is no message');
    } else if (typeof message['method'] === 'string') {
      this.takeCall(message, message['method']);
    } else if (typeof message['id'] === 'number') {
      this.takeAnswer(message, message['id']);
    }
  }

  private takeCall(message: JsonObject, method: string): void {
    const id = message['id'];
    if (id === undefined || id === null) {
      this.onNotification(method, isObject(message['params']) ? message['params'] : {});
    } else if (method === 'ping') {
      this.send({ jsonrpc: '2.0', id, result: {} });
    } else {
      this.send({ jsonrpc: '2.0', id, error: { code: -32601, message: `Unknown method: ${method}` } });
    }
  }

  private takeAnswer(message: JsonObject, id: number): void {
    const waiting = this.settle(id);
    const error = message['error'];
    if (isObject(error)) {
      waiting?.reject(new RpcError(Number(error['code'] ?? 0), String(error['message'] ?? 'The server gave no reason.')));
    } else {
      waiting?.resolve(message['result'] ?? null);
    }
  }
}
