import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { OperationLimits } from '../config/environment.js';

/** How large a part of an operation is, with its fragments expanded. */
interface Size {
  depth: number;
  aliases: number;
  directives: number;
  rootFields: number;
}

const NOTHING: Size = { depth: 0, aliases: 0, directives: 0, rootFields: 0 };

/** What a limit is called in `extensions.limit` and how the message tells it. */
const WORDING: Record<keyof Size, (found: number, allowed: number) => string> = {
  depth: (found, allowed) => `This operation nests ${found} levels deep; ${allowed} are allowed.`,
  aliases: (found, allowed) => `This operation has ${found} aliases; ${allowed} are allowed.`,
  directives: (found, allowed) => `This operation has ${found} directives; ${allowed} are allowed.`,
  rootFields: (found, allowed) =>
    `This operation has ${found} root fields; ${allowed} are allowed.`,
};

/**
 * A validation rule that refuses operations which are larger than a person or a generator writes them.
 *
 * Each fragment is measured once, however often it is spread, so a document whose fragments double
 * one another is refused in linear time. Introspection may nest as deep as it has to: what graphql-js
 * allows there is limited by its own rule.
 */
export function operationLimitsRule(limits: OperationLimits): ValidationRule {
  return (context: ValidationContext): ASTVisitor => {
    const ruler = new Ruler(context);
    return {
      OperationDefinition(operation) {
        const size = ruler.measure(operation);
        for (const limit of Object.keys(WORDING) as (keyof Size)[]) {
          const found = Math.min(size[limit], Number.MAX_SAFE_INTEGER);
          const allowed = limits[limit];
          if (found <= allowed) continue;
          context.reportError(
            new GraphQLError(WORDING[limit](found, allowed), {
              nodes: operation,
              extensions: { limit, allowed, found },
            }),
          );
        }
        // Nothing below needs a visit.
        return false;
      },
      FragmentDefinition: () => false,
    };
  };
}

class Ruler {
  readonly #context: ValidationContext;
  readonly #fragments = new Map<FragmentDefinitionNode, Size>();

  constructor(context: ValidationContext) {
    this.#context = context;
  }

  measure(operation: OperationDefinitionNode): Size {
    const size = this.#selectionSet(operation.selectionSet);
    return { ...size, directives: size.directives + (operation.directives?.length ?? 0) };
  }

  #selectionSet({ selections }: SelectionSetNode): Size {
    const total = { ...NOTHING };
    for (const selection of selections) {
      const size = this.#selection(selection);
      total.depth = Math.max(total.depth, size.depth);
      total.aliases += size.aliases;
      total.directives += size.directives + (selection.directives?.length ?? 0);
      total.rootFields += size.rootFields;
    }
    return total;
  }

  /** Directives of the selection itself are its parent's to count. */
  #selection(selection: SelectionNode): Size {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.#spread(selection.name.value);
    const inner = selection.selectionSet ? this.#selectionSet(selection.selectionSet) : NOTHING;
    if (selection.kind === Kind.INLINE_FRAGMENT) return inner;
    const introspects = /^__(schema|type)$/.test(selection.name.value);
    return {
      depth: introspects ? 1 : inner.depth + 1,
      aliases: inner.aliases + (selection.alias ? 1 : 0),
      directives: inner.directives,
      rootFields: 1,
    };
  }

  #spread(name: string): Size {
    const fragment = this.#context.getFragment(name);
    if (!fragment) return NOTHING;
    const known = this.#fragments.get(fragment);
    if (known) return known;
    // A cycle ends here; another rule reports it.
    this.#fragments.set(fragment, NOTHING);
    const size = this.#selectionSet(fragment.selectionSet);
    const directives = size.directives + (fragment.directives?.length ?? 0);
    const complete = { ...size, directives };
    this.#fragments.set(fragment, complete);
    return complete;
  }
}
