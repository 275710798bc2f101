/** The npm script that runs this process, such as `start`; undefined when it was started by hand. */
export function npmScript(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.npm_lifecycle_event;
}
