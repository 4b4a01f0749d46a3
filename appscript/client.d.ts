/* What the page is given by Google. Only the type checker reads this file. */

interface ScriptRun {
  withSuccessHandler(handler: (answer: Json | null) => void): ScriptRun;
  withFailureHandler(handler: (failure: Error | null) => void): ScriptRun;
  // biome-ignore lint/suspicious/noExplicitAny: a function of the script by its name.
  [name: string]: (...args: any[]) => any;
}

declare const google: { script: { run: ScriptRun } };
