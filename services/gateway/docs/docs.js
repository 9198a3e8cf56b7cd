// Reads the OpenAPI document and makes a page to read and try it. Text is set as text only, never as markup.
'use strict'

const make = (name, text, parts = []) => {
  const node = document.createElement(name)
  if (text) node.textContent = text
  node.append(...parts)
  return node
}

const schemaText = (schema, all, depth = 0) => {
  if (!schema) return ''
  if (schema.$ref) return schemaText(all[schema.$ref.split('/').pop()], all, depth)
  if (schema.anyOf) return schema.anyOf.map((one) => schemaText(one, all, depth)).join(' | ')
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.type === 'array') return `[${schemaText(schema.items, all, depth)}]`
  if (schema.properties && depth < 4) {
    const pad = '  '.repeat(depth + 1)
    const required = new Set(schema.required ?? [])
    const lines = Object.entries(schema.properties).map(
      ([name, one]) => `${pad}${name}${required.has(name) ? '' : '?'}: ${schemaText(one, all, depth + 1)}` +
        (one.description ? `  // ${one.description}` : ''))
    return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`
  }
  return schema.format ? `${schema.type} (${schema.format})` : (schema.type ?? '任意')
}

const csrf = async () => {
  const answer = await fetch('/api/v1/session')
  return answer.ok ? (await answer.json()).csrf_token : ''
}

const tryForm = (method, path, operation) => {
  const form = make('form')
  const inputs = (operation.parameters ?? []).map((parameter) => {
    const input = make('input')
    input.name = parameter.name
    input.required = parameter.required
    form.append(make('div', '', [make('label', `${parameter.name} `, [input])]))
    return { parameter, input }
  })
  const content = operation.requestBody?.content ?? {}
  const body = content['application/json'] ? make('textarea') : null
  if (body) { body.value = '{}'; form.append(make('label', '请求内容（JSON）', [body])) }
  const result = make('pre')
  form.append(make('button', '发送'), result)
  if (content['multipart/form-data']) { form.replaceChildren(make('p', '上传文件请用网页界面或命令行工具。')); return form }
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    let url = path
    const query = new URLSearchParams()
    for (const { parameter, input } of inputs) {
      if (parameter.in === 'path') url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value))
      else if (input.value) query.set(parameter.name, input.value)
    }
    const headers = {}
    if (method !== 'get') headers['X-CSRF-Token'] = await csrf()
    if (body) headers['Content-Type'] = 'application/json'
    const answer = await fetch(query.size ? `${url}?${query}` : url,
      { method: method.toUpperCase(), headers, body: body ? body.value : undefined })
    const type = answer.headers.get('Content-Type') ?? ''
    const text = type.includes('json') ? JSON.stringify(await answer.json(), null, 2) : `（${type || '没有内容'}）`
    result.textContent = `${answer.status}\n${text}`
  })
  return form
}

const describe = (method, path, operation, all) => {
  const details = make('details')
  const title = make('summary')
  const name = make('span', method.toUpperCase())
  name.className = 'method'
  title.append(name, make('code', path), ` ${operation.summary ?? ''}`)
  details.append(title)
  details.addEventListener('toggle', () => {
    if (!details.open || details.childElementCount > 1) return
    const rows = (operation.parameters ?? []).map((one) => make('tr', '', [
      make('td', one.name), make('td', one.required ? '必填' : '可选'),
      make('td', schemaText(one.schema, all)), make('td', one.description ?? '')]))
    if (rows.length) details.append(make('table', '', rows))
    for (const [type, one] of Object.entries(operation.requestBody?.content ?? {})) {
      details.append(make('p', `请求内容 ${type}`), make('pre', schemaText(one.schema, all)))
    }
    for (const [status, one] of Object.entries(operation.responses)) {
      const [type, content] = Object.entries(one.content ?? {})[0] ?? ['', null]
      details.append(make('p', `回答 ${status} ${type}`))
      if (content && status < '400') details.append(make('pre', schemaText(content.schema, all)))
    }
    details.append(tryForm(method, path, operation))
  })
  details.dataset.text = `${path} ${operation.summary ?? ''}`.toLowerCase()
  return details
}

const show = (openapi) => {
  const tags = new Map((openapi.tags ?? []).map(({ name }) => [name, []]))
  for (const [path, operations] of Object.entries(openapi.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? '其他'
      if (!tags.has(tag)) tags.set(tag, [])
      tags.get(tag).push(describe(method, path, operation, openapi.components.schemas))
    }
  }
  const sections = [...tags].map(([tag, parts]) => make('section', '', [make('h2', tag), ...parts]))
  document.getElementById('operations').replaceChildren(...sections)
}

document.getElementById('filter').addEventListener('input', (event) => {
  const wanted = event.target.value.trim().toLowerCase()
  for (const one of document.querySelectorAll('details')) one.hidden = !one.dataset.text.includes(wanted)
})

fetch('/api/openapi.json')
  .then(async (answer) => {
    const body = await answer.json()
    if (!answer.ok) throw new Error(body.detail)
    show(body)
  })
  .catch((error) => { document.getElementById('operations').textContent = `接口说明没有读到：${error.message} 请稍后刷新。` })
