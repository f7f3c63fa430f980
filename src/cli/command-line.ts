import { Command, CommanderError, Option } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { RouterError } from '../router-error.ts';
import { bare } from './bare.ts';
import type { Effects, ExitCode } from './effects.ts';
import { plan } from './plan.ts';
import { run } from './run.ts';
import { setup } from './setup.ts';
import { terminationMessage } from './termination-message.ts';
import { validate } from './validate.ts';

/** Runs the command that `words` name (argv without node and script). Every error ends here, in words on standard error. */
export async function runCommandLine(words: readonly string[], effects: Effects): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command('egress-router')
    .description('Lets traffic leave a Kubernetes cluster from one reserved source IP. Without a command, the variables tell the role.')
    .configureOutput({ writeOut: effects.print, writeErr: effects.printError })
    .exitOverride()
    .allowExcessArguments()
    .action(async (_options, command: Command) => {
      const [unknown] = command.args;
      if (unknown !== undefined) command.error(`error: unknown command '${unknown}'; see egress-router --help`);
      exitCode = await asContainer(effects, bare);
    });
  program
    .command('setup')
    .description('the init container: claims the source IP, sets up routes and rules, exits; can be repeated')
    .action(async () => {
      exitCode = await asContainer(effects, setup);
    });
  program
    .command('run')
    .description('the main container: carries the mode, watches the network, answers probes')
    .action(async () => {
      exitCode = await asContainer(effects, run);
    });
  program
    .command('plan')
    .description('prints what would be applied; needs no privileges and touches nothing')
    .addOption(roleOption())
    .option('--json', 'as JSON')
    .action(async (options: { role?: 'setup' | 'run'; json?: true }) => {
      exitCode = await plan({ role: options.role, json: options.json === true }, effects);
    });
  program
    .command('validate')
    .description('reports every problem of the configuration at once')
    .argument('[FILE]', 'variables as NAME=VALUE lines, a value of many lines in double quotes; else the environment')
    .addOption(roleOption())
    .option('--json', 'as JSON')
    .action((file: string | undefined, options: { role?: 'setup' | 'run'; json?: true }) => {
      exitCode = validate({ file, role: options.role, json: options.json === true }, effects);
    });
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, effects);
  }
}

function roleOption(): Option {
  return new Option('--role <role>', 'the container that is meant, where the variables do not tell').choices(['setup', 'run']);
}

/** Runs a command that is all that a container does: the error that ends it is told to the kubelet too. */
async function asContainer(effects: Effects, command: (effects: Effects) => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await command(effects);
  } catch (error) {
    effects.writeTerminationMessage(terminationMessage(describeError(error)));
    throw error;
  }
}

function report(error: unknown, effects: Effects): ExitCode {
  // commander has printed its own message, and its help ends with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  effects.printError(describeError(error));
  return error instanceof ConfigError ? 2 : 1;
}

function describeError(error: unknown): string {
  if (error instanceof ConfigError) return `${error.message}\n`;
  if (error instanceof RouterError) return `${error.message}\n  ${error.remedy} [${error.code}]\n`;
  return `${error instanceof Error ? error.stack : error}\n`;
}
