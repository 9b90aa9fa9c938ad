// Usage: node validate.mjs <directory of node_modules> <bom>...
// Holds files to the schema of CycloneDX that their `specVersion` names.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(join(modules, 'x'));
const Ajv = require('ajv').default;
const schemas = join(modules, '@cyclonedx/cyclonedx-library/res/schema');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true });
require('ajv-formats').default(ajv);
require('ajv-formats-draft2019')(ajv);
for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs']) {
  const file = `${name}.SNAPSHOT.schema.json`;
  ajv.addSchema(read(join(schemas, file)), `http://cyclonedx.org/schema/${file}`);
}
let failures = 0;
for (const file of files) {
  const bom = read(file);
  const schema = read(join(schemas, `bom-${bom.specVersion}.SNAPSHOT.schema.json`));
  const validate = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
  if (validate(bom)) continue;
  failures += 1;
  console.log(file, ajv.errorsText(validate.errors, { separator: '\n' }));
}
process.exit(failures === 0 ? 0 : 1);
