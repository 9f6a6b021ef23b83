import type { Comparison, Filter } from "./filter.ts";
import { listConjuncts } from "./filter.ts";
import type { Field, FieldGroup, FilterEntity, NamePart, ResolvedComparison, Scope } from "./entity.ts";
import { all, any, sql, type Fragment } from "./fragment.ts";
import { wrongFilter } from "./token.ts";

/**
 * What a filter means in SQL: true of a row that satisfies it, and false, never null, of every other one, so that NOT means
 * what it says.
 * @throws SlipwayError `invalid_request` for names, operators and values that do not go together
 */
export function toCondition(filter: Filter | null, entity: FilterEntity, scope: Scope): Fragment | null {
  return filter === null ? null : convert(filter, entity, scope);
}

function convert(filter: Filter, entity: FilterEntity, scope: Scope): Fragment {
  switch (filter.kind) {
    case "and":
      return all(filter.of.map((part) => convert(part, entity, scope)));
    case "or":
      return any(filter.of.map((part) => convert(part, entity, scope)));
    case "not":
      // Also where the comparison is null, for a column is.
      return sql`(case when ${convert(filter.of, entity, scope)} then 0 else 1 end) = 1`;
    default:
      return resolveComparison(filter, entity).field.condition(filter, scope);
  }
}

/** The ways to find, by an index, the few rows among which all are that satisfy the filter. */
export function listSources(filter: Filter | null, entity: FilterEntity, scope: Scope): readonly Fragment[] {
  return listConjuncts(filter)
    .map((comparison) => resolveComparison(comparison, entity).field.source?.(comparison, scope) ?? null)
    .filter((source) => source !== null);
}

/** What a comparison is about. @throws SlipwayError `invalid_request` */
export function resolveComparison(comparison: Comparison, entity: FilterEntity): ResolvedComparison {
  const resolved = resolveName(comparison, entity);
  const { operator, value, at, key } = comparison;
  const { noun } = resolved.group;
  if (!resolved.field.operators.has(operator))
    throw wrongFilter(
      `Invalid comparator '${operator}' for ${noun} '${key}', not one of ${[...resolved.field.operators].join(", ")}`,
      at,
    );
  if (resolved.field.type === "number" && typeof value === "string" && !isWholeNumber(value, resolved.field))
    throw wrongFilter(`Expected numeric value type for ${noun} '${key}'. Found '${value}'`, at);
  if (resolved.field.type === "text" && typeof value === "number")
    throw wrongFilter(`Expected a quoted string value for ${noun} '${key}' (e.g. 'my-value'). Got value ${value}`, at);
  return resolved;
}

function isWholeNumber(text: string, { isTextTaken }: Field): boolean {
  return isTextTaken === true && /^[-+]?\d{1,20}$/.test(text);
}

/** @throws SlipwayError `invalid_request` */
export function resolveName(name: NamePart & { readonly at: number | null }, entity: FilterEntity): ResolvedComparison {
  const group = findGroup(name.prefix, entity);
  if (!group)
    throw wrongFilter(
      `Invalid entity type '${name.prefix}'. Valid values are ${entity.groups.map(({ prefixes }) => prefixes[0]).join(", ")}`,
      name.at,
    );
  const field = group.find(name.key);
  if (!field)
    throw wrongFilter(
      `Invalid ${group.noun} key '${name.key}' specified. Valid keys are ${group.names?.join(", ")}`,
      name.at,
    );
  return { group, field, key: name.key };
}

function findGroup(prefix: string | null, { groups }: FilterEntity): FieldGroup | undefined {
  return groups.find((group) => (prefix === null ? group.isDefault === true : group.prefixes.includes(prefix)));
}
