// Standard input: [{"expression", "bindings"}]. Standard output, for each: {"value"}, {"undefined": true} or {"error": code}.
const jsonata = require("jsonata");
const { text } = require("node:stream/consumers");

const isJson = (value) => !Number.isNaN(value) && Math.abs(value) !== Infinity && !value?._jsonata_lambda;

// Step Functions' own function; JSONata has none of the name.
const parse = (json) => (json === undefined ? undefined : JSON.parse(json));

async function evaluate({ expression, bindings }) {
  try {
    const compiled = jsonata(expression);
    compiled.registerFunction("parse", parse);
    const value = await compiled.evaluate(undefined, bindings);
    if (value === undefined) {
      return { undefined: true };
    }
    return isJson(value) ? { value } : { error: "no JSON" };
  } catch (error) {
    return { error: error.code ?? String(error) };
  }
}

async function main() {
  const cases = JSON.parse(await text(process.stdin));
  const answers = [];
  for (const each of cases) {
    answers.push(await evaluate(each));
  }
  process.stdout.write(JSON.stringify(answers));
}

main();
