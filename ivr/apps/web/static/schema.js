// Where a place in a YAML text is in its JSON Schema: what may stand there, and what it means. Reads block and flow
// style as people write dialplans; what it does not understand it has nothing to say of.
// @ts-check

const KEY = /^(\s*)((?:- +)*)(?:"([^"]*)"|'([^']*)'|([^\s#:{}[\],&*!|>'"%@`][^:#{}[\],]*?)) *:(?= |$)/;

/** The keys that lead to a place: a number stands for an item of a list. @param {string[]} lines @param {number} row @param {number} column */
export function pathTo(lines, row, column) {
  const before = lines[row].slice(0, column);
  /** @type {(string|number)[]} */
  const path = [];
  let indent = /^\s*/.exec(before)[0].length;
  let limit = indent;
  for (let at = row - 1; at >= 0 && limit > 0; at--) {
    const found = KEY.exec(lines[at]);
    if (!found) {
      const item = /^(\s*)- /.exec(lines[at]);
      if (item && item[1].length < limit) { path.unshift(0); limit = item[1].length; }
      continue;
    }
    const deep = found[1].length + found[2].length;
    if (deep < limit || (found[2] && found[1].length < limit)) {
      if (deep < limit) path.unshift(found[3] ?? found[4] ?? found[5]);
      if (found[2]) path.unshift(0);
      limit = found[1].length;
    }
  }
  return [...path, ...within(before)];
}

/** The same inside of one line: {ask: {en: …}, choices: … @param {string} text */
function within(text) {
  /** @type {{key: string|number|null, flow: boolean}[]} */
  const stack = [{ key: null, flow: false }];
  let rest = text.trimStart();
  while (rest.startsWith("- ")) { stack.push({ key: null, flow: false }); stack[stack.length - 2].key = 0; rest = rest.slice(2).trimStart(); }
  let word = "";
  for (let at = 0; at < rest.length; at++) {
    const sign = rest[at];
    if (sign === '"' || sign === "'") {
      const end = rest.indexOf(sign, at + 1);
      if (end < 0) break;
      word += rest.slice(at + 1, end);
      at = end;
    } else if (sign === "{") { stack.push({ key: null, flow: true }); word = ""; }
    else if (sign === "[") { stack.push({ key: 0, flow: true }); word = ""; }
    else if (sign === "}" || sign === "]") { if (stack.length > 1) stack.pop(); word = ""; }
    else if (sign === "," && stack[stack.length - 1].flow) { if (stack[stack.length - 1].key !== 0) stack[stack.length - 1].key = null; word = ""; }
    else if (sign === ":" && (rest[at + 1] ?? " ") === " ") { stack[stack.length - 1].key = word.trim(); word = ""; }
    else if (sign === "#" && rest[at - 1] === " ") break;
    else word += sign;
  }
  return stack.map((one) => one.key).filter((key) => key !== null);
}

/** Every schema that may hold at a place. @param {any} root @param {(string|number)[]} path */
export function schemasAt(root, path) {
  let found = unfolded(root, root);
  for (const key of path) {
    found = found.flatMap((one) => {
      if (typeof key === "number") return one.items ? unfolded(root, one.items) : [];
      const named = one.properties?.[key];
      if (named) return unfolded(root, named);
      const fitting = Object.entries(one.patternProperties ?? {}).filter(([pattern]) => fits(pattern, key)).map(([, held]) => held);
      if (fitting.length) return fitting.flatMap((held) => unfolded(root, held));
      return typeof one.additionalProperties === "object" ? unfolded(root, one.additionalProperties) : [];
    });
  }
  return found;
}

/** @param {string} pattern @param {string} key */
function fits(pattern, key) {
  try { return new RegExp(pattern, "u").test(key); } catch { return false; }
}

/** A schema with what it refers to, and its alternatives. @param {any} root @param {any} schema @param {number} depth @returns {any[]} */
function unfolded(root, schema, depth = 0) {
  if (!schema || typeof schema !== "object" || depth > 12) return [];
  const parts = [schema];
  if (schema.$ref) parts.push(...unfolded(root, schema.$ref.slice(2).split("/").reduce((at, name) => at?.[name], root), depth + 1));
  for (const many of ["anyOf", "oneOf", "allOf"]) for (const one of schema[many] ?? []) parts.push(...unfolded(root, one, depth + 1));
  return parts;
}

/** Keys that may be written at a place -> what each means. @param {any} root @param {(string|number)[]} path */
export function keysAt(root, path) {
  /** @type {Map<string, string>} */
  const keys = new Map();
  for (const one of schemasAt(root, path))
    for (const [name, held] of Object.entries(one.properties ?? {}))
      if (!keys.get(name)) keys.set(name, meaning(root, held));
  return keys;
}

/** Values that may be written at a place. @param {any} root @param {(string|number)[]} path */
export function valuesAt(root, path) {
  /** @type {Set<string>} */
  const values = new Set();
  for (const one of schemasAt(root, path)) {
    for (const value of one.enum ?? ("const" in one ? [one.const] : [])) values.add(String(value));
    if (one.type === "boolean") for (const value of ["true", "false"]) values.add(value);
  }
  return [...values];
}

/** What a key means. @param {any} root @param {any} schema */
export function meaning(root, schema) {
  return unfolded(root, schema).map((one) => one.description).find(Boolean) ?? "";
}
