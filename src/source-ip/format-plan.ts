import { fillMaps, formatTransaction } from '../nftables/format-transaction.ts';
import { announceCommands } from './announce.ts';
import { linkCommand } from './apply-step.ts';
import { claimCommand } from './claim-address.ts';
import { duplicateCheckCommand } from './duplicate-check.ts';
import { probeCommand } from './gateway.ts';
import type { SourceIpPlan } from './plan-source-ip.ts';
import { policyRuleCommand } from './policy-rule.ts';
import { routeCommand } from './route.ts';
import { type Step, stepTitles } from './step.ts';
import { sysctlName } from './sysctl.ts';

/** A step as it looks on a fresh pod. */
export interface PlannedStep {
  readonly step: Step['step'];
  /** What it is for. */
  readonly title: string;
  readonly commands: readonly PlannedCommand[];
}

/** A command line, and what it gets on its standard input. */
export interface PlannedCommand {
  readonly words: readonly string[];
  readonly input?: string;
}

/** The plan for a program to read: what each step runs on a fresh pod, where nothing is there yet. */
export function describePlan(plan: SourceIpPlan): PlannedStep[] {
  return plan.steps.map((step) => ({ step: step.step, title: stepTitles[step.step], commands: stepCommands(step) }));
}

/** The plan as a shell script for a fresh pod, with a comment for each step. */
export function formatPlan(plan: SourceIpPlan): string {
  return describePlan(plan)
    .map(({ step, title, commands }) => `# ${step}: ${title}\n${commands.map(formatCommand).join('')}`)
    .join('\n');
}

function stepCommands(step: Step): PlannedCommand[] {
  switch (step.step) {
    case 'interfaces':
      return step.interfaces.map((name) => ({ words: ['ip', 'link', 'show', 'dev', name] }));
    case 'unreachable-routes':
    case 'routes':
      return step.routes.map((route) => ({ words: routeCommand('replace', route) }));
    case 'tables':
      return [{ words: ['nft', '-f', '-'], input: formatTransaction(step.tables, step.tables.map(fillMaps)) }];
    case 'policy-rules':
      return step.rules.map((rule) => ({ words: policyRuleCommand('add', rule) }));
    case 'sysctls':
      return step.sysctls.map(({ path, value }) => ({ words: ['sysctl', '-w', `${sysctlName(path)}=${value}`] }));
    case 'link':
      return [{ words: linkCommand(step.device) }];
    case 'strays':
      return [];
    case 'duplicate-check':
      return [{ words: duplicateCheckCommand(step.device, step.address) }];
    case 'address':
      return [{ words: claimCommand(step) }];
    case 'announce':
      return [...announceCommands(step), probeCommand(step)].map((words) => ({ words }));
  }
}

function formatCommand({ words, input }: PlannedCommand): string {
  const line = words.join(' ');
  return input === undefined ? `${line}\n` : `${line} <<'END'\n${input}END\n`;
}
