// Standard input: [definition]. Standard output, for each: ["code: message"], empty where the definition is valid.
const validate = require("asl-validator");
const { text } = require("node:stream/consumers");

async function main() {
  const definitions = JSON.parse(await text(process.stdin));
  const findings = definitions.map((definition) =>
    validate(definition).errors.map((error) => `${error["Error code"]}: ${error.Message ?? JSON.stringify(error)}`),
  );
  process.stdout.write(JSON.stringify(findings));
}

main();
