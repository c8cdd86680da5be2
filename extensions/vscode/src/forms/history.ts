import type { JsonObject } from '../host/messages';

/** What a memento of VS Code can do that is needed here. */
export interface Store {
  get<T>(key: string): T | undefined;
  update(key: string, value: unknown): PromiseLike<void>;
}

const entries = 8;
const maxLength = 4096;

/** The inputs that a tool was called with, the newest first. Long ones are not kept: they are texts, not choices. */
export class History {
  constructor(private readonly store: Store) {}

  of(tool: string): readonly JsonObject[] {
    return this.store.get<JsonObject[]>(key(tool)) ?? [];
  }

  async add(tool: string, input: JsonObject): Promise<void> {
    const text = JSON.stringify(input);
    if (text.length > maxLength) {
      return;
    }
    const others = this.of(tool).filter((other) => JSON.stringify(other) !== text);
    await this.store.update(key(tool), [input, ...others].slice(0, entries));
  }
}

function key(tool: string): string {
  return `history:${tool}`;
}
