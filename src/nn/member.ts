/** The file that declares what a member of a population has to itself beside its optimizer's hyper-parameters. */
export const MEMBER_SHADER = "lib/member.wgsl";
/** The name of its table in a plan, a row for each member, and of its binding. */
export const MEMBER_BUFFER = "population";
