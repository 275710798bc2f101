import type { CompiledQuery } from 'kysely';
import type { Statement } from './statement.js';

/**
 * A statement whose text never varies: built and type-checked like any other, but once, and prepared
 * under its name.
 *
 * @param name unique in the product: `tasks.by-ids`
 * @param build writes the statement; every parameter must become a parameter of the SQL, and nothing
 *   in it may depend on a parameter's value, which is not known yet
 * @returns the statement with the values of one request
 */
export function fixedStatement<Params extends object, Row>(
  name: string,
  build: (params: Params) => CompiledQuery<Row>,
): (params: Params) => Statement<Row> {
  let template: Template<Params, Row> | undefined;
  return (params) => {
    template ??= new Template(name, build);
    return template.with(params);
  };
}

/** Stands for a value while the statement is built; nothing else may be done with it. */
class Placeholder {
  constructor(readonly key: PropertyKey) {}
}

class Template<Params extends object, Row> {
  readonly #compiled: CompiledQuery<Row>;

  constructor(
    readonly name: string,
    build: (params: Params) => CompiledQuery<Row>,
  ) {
    const asked = new Set<PropertyKey>();
    const placeholders = new Proxy({} as Params, {
      get: (_target, key) => {
        asked.add(key);
        return new Placeholder(key);
      },
    });
    this.#compiled = build(placeholders);
    for (const parameter of this.#compiled.parameters) {
      if (parameter instanceof Placeholder) asked.delete(parameter.key);
    }
    if (asked.size > 0) {
      const missing = [...asked].map(String).join(', ');
      throw new TypeError(`${name}: ${missing} did not become a parameter of the statement`);
    }
  }

  with(params: Params): Statement<Row> {
    const { sql, parameters } = this.#compiled;
    const values = parameters.map((parameter) =>
      parameter instanceof Placeholder ? params[parameter.key as keyof Params] : parameter,
    );
    return { sql, parameters: values, name: this.name };
  }
}
