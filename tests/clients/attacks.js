// What people throw at a GraphQL service: each attack, how it is answered, how long that takes, and
// what memory the service takes meanwhile.
//
//   node attacks.js URL TOKEN [PID]
//
// PID is the service's process, for its memory (Linux). Exits with 1 if an attack is served, takes
// more than a second, or if the service does not answer afterwards.
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { performance } from 'node:perf_hooks'

const [base, token, pid] = process.argv.slice(2)
if (!base || !token) {
  console.error('usage: node attacks.js URL TOKEN [PID]')
  process.exit(2)
}
const url = new URL('/graphql', base)

const json = { 'content-type': 'application/json', accept: 'application/graphql-response+json' }
const signedIn = { ...json, authorization: `Bearer ${token}` }

/** Sends a body and gives the status and the answer. */
function send(body, { headers = signedIn, method = 'POST', path = url.pathname } = {}) {
  return new Promise((resolve) => {
    const request = http.request(url, { method, headers, path, agent: false }, (response) => {
      const parts = []
      response.on('data', (part) => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(parts).toString() }))
      response.on('error', (error) => resolve({ status: response.statusCode, text: error.code }))
    })
    request.on('error', (error) => resolve({ status: 0, text: error.code }))
    request.end(body)
  })
}

const query = (query, variables) => send(JSON.stringify({ query, variables }))
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index)).join(' ')

/** Fragments that each spread the next one twice. */
const bomb = (fragments, on, field) =>
  `{ ${on} { ...F0 } } ` +
  times(fragments, (n) => `fragment F${n} on Viewer { ...F${n + 1} ...F${n + 1} ${field} }`) +
  ` fragment F${fragments} on Viewer { ${field} }`

/** The same over fields, so that the answer would double as well. */
const fieldBomb = (fragments) =>
  `{ packages { nodes { ...F0 } } } ` +
  times(fragments, (n) => `fragment F${n} on LeadPackage { a${n}: tasks { nodes { package { ...F${n + 1} } } } b${n}: tasks { nodes { package { ...F${n + 1} } } } }`) +
  ` fragment F${fragments} on LeadPackage { id }`

const nestedLists = (depth) =>
  'query { packages(first: 200) { nodes { ' +
  'tasks(first: 200) { nodes { package { '.repeat(depth) + 'id' + ' } } }'.repeat(depth) + ' } } }'

/** Sends the beginning of something and waits until the service closes the connection. */
function halfSent(text, count) {
  const one = () =>
    new Promise((resolve) => {
      const socket = net.connect(url.port, url.hostname, () => socket.write(text))
      socket.on('data', () => {})
      socket.on('close', () => resolve())
      socket.on('error', () => resolve())
    })
  return Promise.all(Array.from({ length: count }, one)).then(() => ({ status: 'closed', text: '' }))
}

const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`

/** Attacks by name. */
const attacks = {
  '25 fragments, each spreading the next twice (__typename)': () => query(bomb(25, 'viewer', '__typename')),
  '60 fragments, each spreading the next twice': () => query(bomb(60, 'viewer', 'subject')),
  '20 fragments that double lists of lists': () => query(fieldBomb(20)),
  'fragments in a circle': () => query('{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }'),
  '100,000 nested braces': () => query('{a'.repeat(100_000) + '}'.repeat(100_000)),
  '100,000 nested brackets in an argument': () => query(`{ nodes(ids: ${'['.repeat(100_000)}`),
  'variables nested 100,000 deep': () => send(`{"query": "{ viewer { subject } }", "variables": {"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}}`),
  'a filter nested 1,000 deep': () => query('query($f: CallFilter) { calls(filter: $f) { totalCount } }', JSON.parse(`${'{"not": '.repeat(1_000)}{"id": {"eq": "x"}}${'}'.repeat(1_000)}`)),
  'a body of 10 MB: one string': () => query(`{ node(id: "${'x'.repeat(10_000_000)}") { id } }`),
  'a body of 10 MB: comments': () => query(`#${'x'.repeat(10_000_000)}\n{ viewer { subject } nothing }`),
  'a body of 10 MB: fields': () => query(`{ ${'id '.repeat(3_300_000)} }`),
  'a body of 10 MB: braces': () => send('{'.repeat(10_000_000)),
  'a body of 200 MB': () => send(Buffer.alloc(200_000_000, 'x')),
  'NULs': () => send(Buffer.alloc(1000)),
  'a NUL in the query': () => query('{ viewer { subject\0 } }'),
  'invalid UTF-8': () => send(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])),
  'a huge integer': () => query(`{ calls(first: ${'9'.repeat(10_000)}) { totalCount } }`),
  'a negative page': () => query('{ calls(first: -1) { totalCount } }'),
  '1e999 as a variable': () => send('{"query": "query($n: Int) { calls(first: $n) { totalCount } }", "variables": {"n": 1e999}}'),
  '1,000 aliases': () => query(`{ ${times(1_000, (n) => `a${n}: viewer { subject }`)} }`),
  '6,000 root fields': () => query(`{ ${times(6_000, () => 'viewer { subject }')} }`),
  'a field repeated 15,000 times': () => query(`{ viewer { ${'subject '.repeat(15_000)} nothing } }`),
  '1,000 directives': () => query(`{ viewer { subject ${times(1_000, () => '@include(if: true)')} } }`),
  '5,000 unknown directives': () => query(`{ viewer { subject ${times(5_000, (n) => `@d${n}`)} } }`),
  '6,000 variables': () => query(`query(${times(6_000, (n) => `$v${n}: Int`)}) { viewer { subject } }`),
  '6,000 unknown fields': () => query(`{ viewer { ${times(6_000, (n) => `f${n}`)} } }`),
  '2,000 lists that conflict below others': () => query(`{ ${times(20, () => `packages(first: 1) { nodes { ${times(100, (n) => `tasks(first: ${n}) { __typename }`)} } }`)} }`),
  '1,000 fragments that are not used': () => query(`{ viewer { subject } } ${times(1_000, (n) => `fragment F${n} on Viewer { subject }`)}`),
  '1,000 fragments in a chain': () => query(`{ viewer { ...F0 } } ${times(1_000, (n) => `fragment F${n} on Viewer { ...F${n + 1} }`)} fragment F1000 on Viewer { subject }`),
  'lists of 200 in lists of 200, five deep': () => query(nestedLists(5)),
  'introspection, from types to fields to types': () => query(`{ __schema { types { ${'fields { type { '.repeat(6)} name ${'} }'.repeat(6)} } } }`),
  'a batch of 1,000': () => send(JSON.stringify(Array(1000).fill({ query: '{ viewer { subject } }' }))),
  '100,000 ids': () => query('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array(100_000).fill('x') }),
  'a filter of 100,000 values': () => query('query($in: [String!]) { calls(filter: {province: {in: $in}}) { totalCount } }', { in: Array(100_000).fill('x') }),
  'a filter of 10,000 conditions': () => query('query($or: [CallFilter!]) { calls(filter: {or: $or}) { totalCount } }', { or: Array(10_000).fill({ province: { eq: 'x' } }) }),
  'a filter of 1,000,000 empty conditions': () => query('query($or: [CallFilter!]) { calls(filter: {or: $or}) { totalCount } }', { or: Array(1_000_000).fill({}) }),
  'a list of 5,000,000 numbers': () => query('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array(5_000_000).fill(1) }),
  'a mutation by GET': () => send('', { method: 'GET', path: `/graphql?query=${encodeURIComponent('mutation { deleteGrade(input: {code: "A"}) { userErrors { code } } }')}` }),
  'a mutation as text/plain': () => send('{"query": "mutation { deleteGrade(input: {code: \\"A\\"}) { userErrors { code } } }"}', { headers: { ...signedIn, 'content-type': 'text/plain' } }),
  'a URL of 1 MB': () => send('', { method: 'GET', path: `/graphql?query=${'x'.repeat(1_000_000)}` }),
  '5,000 headers': () => send('{}', { headers: { ...signedIn, ...Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`x-${n}`, 'x'])) } }),
  'a token of 60 kB': () => send('{}', { headers: { ...json, authorization: `Bearer ${'a'.repeat(60_000)}` } }),
  '200 sign-ins at once, 1 kB passwords': () =>
    Promise.all(Array.from({ length: 200 }, (_, n) =>
      send(`grant_type=password&username=u${n}&password=${'x'.repeat(1_000)}`, { path: '/api/v1/auth/token', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    )).then((answers) => answers[199]),
}

/** Attacks that wait for the service to lose its patience. */
const patience = {
  '500 connections that say nothing': () => halfSent('', 500),
  '500 half-sent heads': () => halfSent(head, 500),
  '500 half-sent bodies': () => halfSent(`${head}Content-Length: 1000\r\n\r\n{"query": `, 500),
}

const memory = (name) => {
  if (!pid) return undefined
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024)
}
// From here on the peak is counted anew.
const forgetPeak = () => pid && fs.writeFileSync(`/proc/${pid}/clear_refs`, '5')

/** What an answer says, shortly. */
function told({ status, text }) {
  let code = ''
  try {
    const error = JSON.parse(text).errors?.[0]
    code = error ? `${error.extensions?.code ?? ''}: ${error.message}` : text
  } catch {
    code = text
  }
  return `${status} ${code.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 120)}`
}

let failed = false
console.log('| attack | answer | ms | peak memory, MB |\n| --- | --- | ---: | ---: |')
for (const [name, attack] of [...Object.entries(attacks), ...Object.entries(patience)]) {
  forgetPeak()
  const started = performance.now()
  const answer = await attack()
  const ms = Math.round(performance.now() - started)
  const alive = await query('{ viewer { subject } }')
  // 0 is a connection that was cut.
  const isServed = answer.status >= 200 && answer.status < 400 && !answer.text.includes('"errors"')
  const isSlow = name in attacks && ms > 1000
  const bad = isServed || isSlow || alive.status !== 200
  failed ||= bad
  console.log(`| ${name} | ${told(answer)} | ${ms} | ${memory('VmHWM') ?? ''} |${bad ? ' <- BAD' : ''}`)
  // The budget of the caller comes back.
  if (alive.status === 429) await new Promise((resolve) => setTimeout(resolve, 5000))
}
console.log(`\nmemory at the end: ${memory('VmRSS') ?? '?'} MB`)
process.exit(failed ? 1 : 0)
