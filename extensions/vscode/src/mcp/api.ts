import * as vscode from 'vscode';

// VS Code's API for MCP servers of extensions (since 1.101). The extension also runs where it is missing, so it is described here and not
// taken from the types of the oldest version that is supported.

export interface HttpDefinition {
  readonly label: string;
  uri: vscode.Uri;
  headers: Record<string, string>;
  version?: string;
}

export interface DefinitionProvider {
  readonly onDidChangeMcpServerDefinitions: vscode.Event<void>;
  provideMcpServerDefinitions(): HttpDefinition[];
  resolveMcpServerDefinition(definition: HttpDefinition): Promise<HttpDefinition>;
}

interface McpApi {
  readonly lm?: { registerMcpServerDefinitionProvider?(id: string, provider: DefinitionProvider): vscode.Disposable };
  readonly McpHttpServerDefinition?: new (
    label: string,
    uri: vscode.Uri,
    headers?: Record<string, string>,
    version?: string,
  ) => HttpDefinition;
}

/** The API, where the editor has it. */
export function mcpApi():
  | { register(id: string, provider: DefinitionProvider): vscode.Disposable; Definition: NonNullable<McpApi['McpHttpServerDefinition']> }
  | undefined {
  const { lm, McpHttpServerDefinition: Definition } = vscode as unknown as McpApi;
  return lm?.registerMcpServerDefinitionProvider && Definition
    ? { register: (id, provider) => lm.registerMcpServerDefinitionProvider!(id, provider), Definition }
    : undefined;
}
