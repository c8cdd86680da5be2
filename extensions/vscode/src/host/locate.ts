import { posix, win32 } from 'node:path';

/** What the search may know of the world; tests give it another one. */
export interface World {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isFile: (path: string) => boolean;
}

export interface HostProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly origin: 'setting' | 'bundled' | 'PATH';
}

export interface HostMissing {
  /** What to say to the user. */
  readonly missing: string;
}

/**
 * Finds the host: the program that the user named, else the one in the extension's `bin` (a program of its own, or `atoll.dll` for an
 * installed `dotnet`), else `atoll` on the PATH. A name in the settings that leads nowhere is a mistake to report, not to pass over.
 */
export function locateHost(setting: string, extensionPath: string, world: World): HostProgram | HostMissing {
  const path = world.platform === 'win32' ? win32 : posix;
  const named = setting.trim();
  if (named !== '') {
    if (!path.isAbsolute(named)) {
      return { missing: `atoll.path is "${named}", which is no full path. Give the full path of the atoll program.` };
    }
    return world.isFile(named)
      ? asProgram(named, 'setting', path, world)
      : { missing: `atoll.path names ${named}, and there is no such file.` };
  }

  const program = path.join(extensionPath, 'bin', world.platform === 'win32' ? 'atoll.exe' : 'atoll');
  if (world.isFile(program)) {
    return { command: program, args: [], origin: 'bundled' };
  }

  const library = path.join(extensionPath, 'bin', 'atoll.dll');
  const dotnet = world.isFile(library) ? onPath('dotnet', path, world) : undefined;
  if (dotnet !== undefined) {
    return { command: dotnet, args: [library], origin: 'bundled' };
  }

  const found = onPath('atoll', path, world);
  if (found !== undefined) {
    return { command: found, args: [], origin: 'PATH' };
  }

  return {
    missing: world.isFile(library)
      ? 'This package of the extension needs the .NET 10 runtime, and there is no dotnet on the PATH. ' +
        'Install it from https://dotnet.microsoft.com/download, or name an atoll program in atoll.path.'
      : 'There is no atoll program: none comes with this package of the extension, none is on the PATH, and atoll.path names none. ' +
        'Install it with: dotnet tool install -g atoll',
  };
}

function asProgram(file: string, origin: HostProgram['origin'], path: typeof posix, world: World): HostProgram | HostMissing {
  if (path.extname(file).toLowerCase() !== '.dll') {
    return { command: file, args: [], origin };
  }
  const dotnet = onPath('dotnet', path, world);
  return dotnet === undefined ? { missing: `${file} needs dotnet, which is not on the PATH.` } : { command: dotnet, args: [file], origin };
}

function onPath(name: string, path: typeof posix, world: World): string | undefined {
  const folders = (world.env['PATH'] ?? world.env['Path'] ?? '').split(path.delimiter);
  if (name === 'dotnet' && world.env['DOTNET_ROOT'] !== undefined) {
    folders.unshift(world.env['DOTNET_ROOT']);
  }
  // A relative entry would run what lies in the opened folder.
  return folders
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, world.platform === 'win32' ? `${name}.exe` : name))
    .find((file) => world.isFile(file));
}
