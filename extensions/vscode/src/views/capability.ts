/** A capability with paths as they are in the folder: `fs:write:./notes/**`. */
export function shorten(capability: string, folder: string): string {
  const at = capability.indexOf(folder);
  const next = capability[at + folder.length];
  return at < 0 || (next !== undefined && next !== '/' && next !== '\\')
    ? capability
    : `${capability.slice(0, at)}.${capability.slice(at + folder.length)}`;
}

/** The two halves that a list shows: what may be done, and where. */
export function halves(capability: string, folder: string): { readonly what: string; readonly where: string } {
  const parts = /^([a-z]+):([a-z]+):(.*)$/s.exec(shorten(capability, folder));
  if (!parts) {
    return { what: capability, where: '' };
  }
  const where = parts[3] === './**' ? 'this folder' : (parts[3] ?? '');
  return { what: parts[1] === 'fs' ? (parts[2] ?? '') : `${parts[1]} ${parts[2]}`, where };
}
