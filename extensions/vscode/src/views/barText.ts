import type { HostState } from '../host/folderHost';
import type { Status } from '../host/messages';

export interface BarText {
  readonly text: string;
  readonly tooltip: string;
  readonly isWarning: boolean;
}

/** What the status bar shows. */
export function barText(
  state: HostState,
  hosts: readonly { readonly folder: string; readonly reason: string; readonly status: Status | undefined }[],
): BarText {
  const tools = hosts.reduce((sum, host) => sum + (host.status?.tools.length ?? 0), 0);
  const problems = hosts.reduce((sum, host) => sum + (host.status?.problems.length ?? 0), 0);
  const lines = hosts.map(({ folder, reason, status }) => `${folder}: ${status ? describe(status) : reason || stateText(state)}`);
  const tooltip = ['Atoll', ...lines, 'Click for the actions.'].join('\n');
  switch (state) {
    case 'running':
      return {
        text: problems > 0 ? `$(tools) Atoll ${tools} $(warning) ${problems}` : `$(tools) Atoll ${tools}`,
        tooltip,
        isWarning: false,
      };
    case 'starting':
    case 'waiting':
      return { text: '$(sync~spin) Atoll', tooltip, isWarning: false };
    case 'missing':
    case 'failed':
      return { text: '$(error) Atoll', tooltip, isWarning: true };
    default:
      return { text: '$(circle-slash) Atoll', tooltip, isWarning: false };
  }
}

export function stateText(state: HostState): string {
  switch (state) {
    case 'untrusted':
      return 'the folder is not trusted: nothing runs';
    case 'missing':
      return 'the atoll program was not found';
    case 'starting':
      return 'starting';
    case 'waiting':
      return 'ended unasked; it is started again';
    case 'failed':
      return 'does not start';
    case 'running':
      return 'running';
    default:
      return 'stopped';
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function describe(status: Status): string {
  const megabytes = Math.round(status.memoryBytes / 1e6);
  return `${count(status.tools.length, 'tool')}, ${count(status.problems.length, 'problem')}, ${megabytes} MB`;
}
