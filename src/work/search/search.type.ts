import { createUnionType } from 'type-graphql';
import { connectionType } from '../../shared/graphql/index.js';
import { Project } from '../project/project.type.js';
import { Task } from '../task/task.type.js';

export const SearchResult = createUnionType({
  name: 'SearchResult',
  description: 'What a search can find.',
  types: () => [Task, Project] as const,
  resolveType: (value: object) => (value as { __typename: string }).__typename,
});

export const SearchResultConnection = connectionType('SearchResult', () => SearchResult);
