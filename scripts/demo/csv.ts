// One field and what ends it: quoted with doubled quotes inside, or bare without quotes.
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|$)/y;

/** The records of a CSV text (RFC 4180; a bare line feed ends a record too). @throws Error naming the offset of a stray quote. */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (let at = 0; at < text.length || record.length > 0; ) {
    FIELD.lastIndex = at;
    const [whole, quoted, bare, end] = FIELD.exec(text) ?? stray(at);
    record.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}

function stray(offset: number): never {
  throw new Error(`a quote that opens or closes nothing near offset ${offset}`);
}
