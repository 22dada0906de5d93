import createClient from 'openapi-fetch'
import type { paths } from './api.js'

const client = createClient<paths>({
  baseUrl: process.env.MOORING_URL,
  headers: { Authorization: `Bearer ${process.env.MOORING_TOKEN}` },
})
const { data, error } = await client.GET('/v2/databases/{id}', { params: { path: { id: 'nobody' } } })
if (data !== undefined || error?.id !== 'not_found') {
  throw new Error(`an error was expected, with its body: ${JSON.stringify(error)}`)
}
const clusters = await client.GET('/v2/databases', { params: { query: { page: 1, per_page: 5 } } })
const total: number | undefined = clusters.data?.meta?.total
console.log(`clusters: ${total}`)
