// HubSpot's own client does its ordinary work against the emulator and prints what it saw as one line of JSON.
import { Client } from '@hubspot/api-client'

const [basePath, clientId, clientSecret, refreshToken] = process.argv.slice(2)
const client = new Client({ basePath })

const tokens = await client.oauth.tokensApi.create('refresh_token', undefined, undefined, clientId, clientSecret, refreshToken)
client.setAccessToken(tokens.accessToken)

const contact = (email, trace, properties) => ({
  id: email,
  idProperty: 'email',
  objectWriteTraceId: trace,
  properties: { email, ...properties },
})

const written = await client.crm.contacts.batchApi.upsert({
  inputs: [
    contact('Ada@Example.com', 'row-1', { firstname: 'Ada' }),
    contact('bad-address', 'row-2', {}),
    contact('grace@example.com', 'row-3', { lifecyclestage: 'customer' }),
    contact('alan@example.com', 'row-4', { shoe_size: '44' }),
  ],
})

const read = await client.crm.contacts.basicApi.getById('ada@example.com', ['firstname', 'city'], undefined, undefined, false, 'email')

const refused = await client.oauth.tokensApi
  .create('refresh_token', undefined, undefined, clientId, clientSecret, 'na1-revoked')
  .catch((error) => ({ status: error.code, body: error.body }))

const missing = await client.crm.contacts.basicApi.getById('1').catch((error) => ({ status: error.code, category: error.body.category }))

console.log(JSON.stringify({
  tokens: { tokenType: tokens.tokenType, expiresIn: tokens.expiresIn, refreshToken: tokens.refreshToken },
  upsert: {
    kind: written.constructor.name,
    status: written.status,
    results: written.results.map((result) => ({
      email: result.properties.email,
      trace: result.objectWriteTraceId,
      isNew: result._new,
      createdAt: result.createdAt instanceof Date,
    })),
    numErrors: written.numErrors,
    errors: written.errors.map((error) => ({ category: error.category, trace: error.context.objectWriteTraceId[0] })),
  },
  read: { id: read.id, properties: read.properties },
  refused: { status: refused.status, error: refused.body?.error, legacy: refused.body?.status },
  missing,
}))
