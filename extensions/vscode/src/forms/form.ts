import * as vscode from 'vscode';
import type { Json, JsonObject, Tool } from '../host/messages';
import { isObject } from '../host/messages';
import { askChoice, askText, type Answer, back } from './quickInput';
import { type Field, fieldsOf, parseField, summarize, toText } from './schemaForm';

/** Asks for a tool's input; undefined when the person leaves. */
export async function askInput(tool: Tool, history: readonly JsonObject[]): Promise<JsonObject | undefined> {
  const fields = fieldsOf(tool.inputSchema);
  if (fields.length === 0) {
    return {};
  }
  const start = await askStart(tool, fields, history);
  return start === undefined || start.done ? start?.input : fillIn(tool, fields, start.input);
}

interface Start {
  readonly input: JsonObject;
  readonly done: boolean;
}

interface StartItem extends vscode.QuickPickItem {
  readonly make: () => Promise<Start | undefined>;
}

// What the editor offers besides typing: earlier inputs, the active file, the selection, JSON.
async function askStart(tool: Tool, fields: readonly Field[], history: readonly JsonObject[]): Promise<Start | undefined> {
  const items: StartItem[] = [
    { label: '$(edit) Fill in the form', make: async () => ({ input: {}, done: false }) },
    ...fromEditor(fields),
    ...history.map(
      (input): StartItem => ({
        label: `$(history) ${summarize(input)}`,
        description: 'run again',
        make: async () => ({ input, done: true }),
      }),
    ),
    { label: '$(json) Write JSON', make: () => askJson(tool, history[0] ?? {}) },
  ];
  if (items.length === 2 && history.length === 0) {
    return { input: {}, done: false };
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: `Execute ${tool.name}`,
    placeHolder: 'Where does the input come from?',
  });
  return picked?.make();
}

function fromEditor(fields: readonly Field[]): StartItem[] {
  const editor = vscode.window.activeTextEditor;
  const items: StartItem[] = [];
  const path = fields.find((field) => field.kind === 'path');
  const text = fields.find((field) => field.kind === 'text');
  if (editor && path && editor.document.uri.scheme === 'file') {
    const file = vscode.workspace.asRelativePath(editor.document.uri, false);
    items.push({
      label: `$(file) Use the active file`,
      description: file,
      make: async () => ({ input: { [path.name]: file }, done: only(fields, path) }),
    });
  }
  if (editor && text && !editor.selection.isEmpty) {
    const selection = editor.document.getText(editor.selection);
    items.push({
      label: `$(selection) Use the selection as ${text.name}`,
      description: `${selection.length} characters`,
      make: async () => ({ input: { [text.name]: selection }, done: only(fields, text) }),
    });
  }
  return items;
}

function only(fields: readonly Field[], given: Field): boolean {
  return fields.every((field) => !field.required || field === given);
}

async function askJson(tool: Tool, proposal: JsonObject): Promise<Start | undefined> {
  const text = await vscode.window.showInputBox({
    title: `Execute ${tool.name}`,
    prompt: 'The input as a JSON object',
    value: JSON.stringify(proposal),
    ignoreFocusOut: true,
    validateInput: (value) => (parseObject(value) ? undefined : 'Give a JSON object, for example {"path": "README.md"}.'),
  });
  const input = text === undefined ? undefined : parseObject(text);
  return input && { input, done: true };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function fillIn(tool: Tool, fields: readonly Field[], given: JsonObject): Promise<JsonObject | undefined> {
  const required = fields.filter((field) => field.required && given[field.name] === undefined);
  const optional = fields.filter((field) => !field.required && given[field.name] === undefined);
  const input: Record<string, Json> = { ...given };
  let steps = required;
  let at = 0;
  let choseOptional = optional.length === 0;
  for (;;) {
    const field = steps[at];
    if (field === undefined) {
      if (choseOptional) {
        return input;
      }
      const chosen = await askOptional(tool, optional);
      if (chosen === undefined) {
        return undefined;
      }
      choseOptional = true;
      steps = [...required, ...chosen];
      continue;
    }
    const answer = await askField(tool, field, input[field.name], at + 1, steps.length);
    if (answer === undefined) {
      return undefined;
    }
    if (answer === back) {
      at = Math.max(0, at - 1);
      continue;
    }
    input[field.name] = answer.value;
    at++;
  }
}

async function askOptional(tool: Tool, optional: readonly Field[]): Promise<readonly Field[] | undefined> {
  const picked = await vscode.window.showQuickPick(
    optional.map((field) => ({
      label: field.name,
      description: field.default === undefined ? '' : `default ${toText(field.default)}`,
      detail: field.description,
      field,
    })),
    { title: `Execute ${tool.name}`, placeHolder: 'Tick what you want to give besides; Enter runs the tool', canPickMany: true },
  );
  return picked?.map((item) => item.field);
}

function askField(tool: Tool, field: Field, value: Json | undefined, step: number, steps: number): Promise<Answer<Json>> {
  const about = { title: `${tool.name}: ${field.name}`, prompt: field.description, step, steps };
  if (field.choices.length > 0) {
    return askChoice(
      about,
      field.choices.map((choice) => ({ label: toText(choice), value: choice, isDefault: choice === (value ?? field.default) })),
    );
  }
  return askText(about, toText(value ?? field.default), (text) => parseField(field, text));
}
