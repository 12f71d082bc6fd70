/** The file that declares what a member of a population has to itself beside its optimizer's hyper-parameters. */
export const MEMBER_SHADER = "lib/member.wgsl";
/** The name of its table in a plan, a row for each member, and of its binding. */
export const MEMBER_BUFFER = "population";
/** The file that declares what a member has to itself in a step, and the name of that table [K, P] and of its binding. */
export const MEMBER_STEP_SHADER = "lib/member_step.wgsl";
export const MEMBER_STEP_BUFFER = "member_steps";
