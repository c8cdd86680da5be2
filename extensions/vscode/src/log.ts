export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export interface LogLine {
  readonly level: Level;
  readonly text: string;
  readonly trace?: string;
}

const levels: Readonly<Record<string, Level>> = { trce: 'trace', dbug: 'debug', info: 'info', warn: 'warn', fail: 'error', crit: 'error' };

/** Reads a line of the server's log, `17:02:03.123 info ToolRunner: fs.read ok in 1.2 ms trace_id=4bf9…`; other lines are taken as they are. */
export function parseLogLine(line: string): LogLine {
  const match = /^\d\d:\d\d:\d\d\.\d{3} (trce|dbug|info|warn|fail|crit) (.*)$/s.exec(line);
  if (!match) {
    return { level: 'info', text: line };
  }
  const level = levels[match[1] ?? ''] ?? 'info';
  const trace = / trace_id=([0-9a-f]{32})$/.exec(match[2] ?? '')?.[1];
  const text = match[2] ?? '';
  return trace === undefined ? { level, text } : { level, text, trace };
}

/** The newest lines, for the filter and the dump. */
export class LogMemory {
  private readonly lines: { readonly at: Date; readonly folder: string; readonly line: LogLine }[] = [];

  constructor(private readonly capacity = 2000) {}

  add(folder: string, line: LogLine, at = new Date()): void {
    this.lines.push({ at, folder, line });
    if (this.lines.length > this.capacity) {
      this.lines.splice(0, this.lines.length - this.capacity);
    }
  }

  /** Traces with the number of their lines and the text of the last one, the newest first. */
  traces(): readonly { readonly trace: string; readonly count: number; readonly last: string }[] {
    const found = new Map<string, { trace: string; count: number; last: string }>();
    for (const { line } of this.lines) {
      if (line.trace !== undefined) {
        const entry = { trace: line.trace, count: (found.get(line.trace)?.count ?? 0) + 1, last: line.text };
        found.delete(line.trace);
        found.set(line.trace, entry);
      }
    }
    return [...found.values()].reverse();
  }

  /** The lines of a trace, or all, as text. */
  text(trace?: string): string {
    return this.lines
      .filter(({ line }) => trace === undefined || line.trace === trace || line.text.includes(trace))
      .map(({ at, line }) => `${at.toISOString()} [${line.level}] ${line.text}`)
      .join('\n');
  }
}
