// Prints what cdk-nag finds in a template: [[rule, logical id], ...]. CfnInclude reads the template as the CDK does.
const { App, Stack } = require("aws-cdk-lib");
const { CfnInclude } = require("aws-cdk-lib/cloudformation-include");
const { AwsSolutionsChecks, ServerlessChecks } = require("cdk-nag");

const app = new App();
const stack = new Stack(app, "stack");
new CfnInclude(stack, "template", { templateFile: process.argv[2] });

const found = [AwsSolutionsChecks, ServerlessChecks].flatMap((Pack) =>
  new Pack(app).validateScope(stack).violations.flatMap((violation) =>
    violation.violatingResources.map((resource) => [violation.ruleName, resource.constructPath.split("/").pop()]),
  ),
);
process.stdout.write(JSON.stringify(found));
