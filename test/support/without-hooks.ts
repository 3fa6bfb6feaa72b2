/**
 * Words before `node` that keep the test runner's hooks out of it, and out of all it starts.
 *
 * The runner has every Node process below it load hooks for coverage, which take longer to start than most programs,
 * and note its end in a folder that another user may not write to. They are named in NODE_OPTIONS, which the runner
 * sets whatever environment a process is to be given: only the process itself can put it away. By its path, for some
 * processes are to be without a PATH.
 */
export const WITHOUT_HOOKS = ["/usr/bin/env", "--unset=NODE_OPTIONS"] as const;
