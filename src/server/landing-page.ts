import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import { type GraphQLSchema, parse, validate } from 'graphql';
import type { ServerSettings } from '../config/environment.js';

/** What a person who opens the Sandbox for the first time finds there, ready to run. */
const WELCOME = `# Put the Authorization header below (Headers), then press the button above.
query Welcome {
  viewer {
    name
    role
  }
  projects(first: 10) {
    totalCount
    nodes {
      id
      name
      owner {
        name
      }
      tasks(first: 5) {
        nodes {
          id
          title
          status
          assignee {
            name
          }
        }
      }
    }
  }
}
`;

/** The Apollo Sandbox for a browser that opens `/graphql`, or nothing, as the settings say. */
export function landingPage(
  { sandbox }: ServerSettings,
  schema: GraphQLSchema,
): ApolloServerPlugin<BaseContext> {
  if (!sandbox) return ApolloServerPluginLandingPageDisabled();
  // A schema without projects has nothing that could be promised here.
  const fits = validate(schema, parse(WELCOME)).length === 0;
  return ApolloServerPluginLandingPageLocalDefault({
    embed: { runTelemetry: false },
    footer: false,
    ...(fits && { document: WELCOME }),
  });
}
