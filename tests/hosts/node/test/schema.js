// The schema of the JSON door, compiled once a definition.

import { readFileSync } from 'node:fs';

import { Ajv2020 } from 'ajv/dist/2020.js';

const schema = JSON.parse(readFileSync(new URL('../../../../wit/schema/metric-service.schema.json', import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false, strictRequired: false });
ajv.addSchema(schema);

/** Throws, and says where, unless the document is what the definition describes. */
export function check(definition, document) {
  const validate = ajv.getSchema(`${schema.$id}#/$defs/${definition}`);
  if (!validate) throw new Error(`the schema has no ${definition}`);
  if (!validate(document)) throw new Error(`not a ${definition}: ${ajv.errorsText(validate.errors)}`);
}
