/** A table of codes against the pages about them: the problems, as sentences. */
export function codeProblems(
  codes: Readonly<Record<string, { readonly title: string }>>,
  pages: Readonly<Record<string, string>>,
  sources: string,
): string[] {
  const known = Object.entries(codes);
  return [
    ...known.filter(([code]) => !Object.hasOwn(pages, code)).map(([code]) => `${code} has no page`),
    ...Object.keys(pages)
      .filter(name => !Object.hasOwn(codes, name))
      .map(name => `the page ${name} is about no code`),
    ...known
      .filter(([code, { title }]) => pages[code] && !pages[code].startsWith(`# ${code}: ${title}\n`))
      .map(([code, { title }]) => `the page of ${code} does not begin with "# ${code}: ${title}"`),
    ...known.filter(([code]) => !sources.includes(`'${code}'`)).map(([code]) => `${code} is never used`),
  ];
}
