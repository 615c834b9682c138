/** A data: URL is the only way to import a module that lies in no file; the sandbox may read none. */
export async function importText<Module>(source: string): Promise<Module> {
  return import(`data:text/javascript;base64,${Buffer.from(source, 'utf8').toString('base64')}`);
}
