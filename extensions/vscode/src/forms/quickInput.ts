import * as vscode from 'vscode';

/** The person wants the step before. */
export const back = Symbol('back');

/** A value, a step back, or undefined when the person leaves. */
export type Answer<T> = { readonly value: T } | typeof back | undefined;

export interface About {
  readonly title: string;
  readonly prompt: string;
  readonly step: number;
  readonly steps: number;
}

/** One step with a text. */
export function askText<T>(
  about: About,
  value: string,
  parse: (text: string) => { readonly value: T } | { readonly error: string },
): Promise<Answer<T>> {
  const box = vscode.window.createInputBox();
  begin(box, about);
  box.value = value;
  box.prompt = about.prompt;
  return new Promise((resolve) => {
    box.onDidChangeValue(() => (box.validationMessage = undefined));
    box.onDidAccept(() => {
      const parsed = parse(box.value);
      if ('error' in parsed) {
        box.validationMessage = parsed.error;
      } else {
        finish(box, resolve, parsed);
      }
    });
    end(box, resolve);
  });
}

/** One step with a choice. */
export function askChoice<T>(
  about: About,
  choices: readonly { readonly label: string; readonly value: T; readonly isDefault: boolean }[],
): Promise<Answer<T>> {
  const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { value: T }>();
  begin(pick, about);
  pick.placeholder = about.prompt;
  pick.items = choices.map(({ label, value, isDefault }) => ({ label, value, description: isDefault ? 'default' : '' }));
  pick.activeItems = pick.items.filter((item) => item.description !== '');
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      const [chosen] = pick.selectedItems;
      if (chosen) {
        finish(pick, resolve, { value: chosen.value });
      }
    });
    end(pick, resolve);
  });
}

function begin(input: vscode.QuickInput, about: About): void {
  input.title = about.title;
  input.step = about.step;
  input.totalSteps = about.steps;
  input.ignoreFocusOut = true;
  if (about.step > 1) {
    (input as vscode.InputBox).buttons = [vscode.QuickInputButtons.Back];
  }
}

function finish<T>(input: vscode.QuickInput, resolve: (answer: Answer<T>) => void, answer: Answer<T>): void {
  resolve(answer);
  input.hide();
}

function end<T>(
  input: vscode.QuickInput & { onDidTriggerButton: vscode.Event<vscode.QuickInputButton> },
  resolve: (answer: Answer<T>) => void,
): void {
  input.onDidTriggerButton(() => finish(input, resolve, back));
  input.onDidHide(() => {
    resolve(undefined);
    input.dispose();
  });
  input.show();
}
