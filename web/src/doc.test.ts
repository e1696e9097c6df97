import { beforeEach, describe, expect, test } from 'vitest'
import vectors from '../../proto/vectors/text.json'
import { digestOf, Doc } from './doc'
import { applyEdit } from './edits'
import type { Edit, WireObject } from './wire'

const post = (id: string, words: Record<string, string | number>): WireObject => ({ id, kind: 'post', fields: words })
const snapshot = (objects: WireObject[], at = 5, more = {}) => ({ t: 'snapshot' as const, doc: 'd', epoch: 1, at, part: 0, last: true, objects, ...more })
const ops = (at: number, list: Parameters<Doc['apply']>[0][], more = {}) => ({ t: 'ops' as const, doc: 'd', epoch: 1, at, ops: list, ...more })

let doc: Doc
beforeEach(() => {
	doc = new Doc('d')
	doc.takeSnapshot(snapshot([post('a', { for: 'nurses', version: 1 }), post('b', { for: 'tenants' })]))
})

describe('edits as proto/vectors/text.json has them', () => {
	const cases = vectors.cases.filter((c) => c.f === 'apply' && typeof c.is === 'string')
	test('there are some', () => expect(cases.length).toBeGreaterThan(10))
	test.each(cases.map((c) => [c.a as string, c.b as unknown as Edit, c.is as string] as const))('%j %j', (text, edit, is) => expect(applyEdit(text, edit)).toBe(is))
})

describe('the four ops', () => {
	test('put replaces the whole object', () => {
		doc.apply({ op: 'put', id: 'a', kind: 'post', fields: { who: 'wait' } })
		expect(doc.get('a')?.fields).toEqual({ who: 'wait' })
	})
	test('set changes fields, and null takes one away', () => {
		doc.apply({ op: 'set', id: 'a', fields: { for: null, who: 'wait' } })
		expect(doc.get('a')?.fields).toEqual({ who: 'wait', version: 1 })
	})
	test('text edits characters, counted in code points', () => {
		doc.apply({ op: 'put', id: 'n', kind: 'note', fields: { text: '🚲 riders', rev: 1 } })
		doc.apply({ op: 'text', id: 'n', field: 'text', rev: 2, edit: [2, 'night ', { d: 1 }, 'R'] })
		expect(doc.get('n')?.fields).toEqual({ text: '🚲 night Riders', rev: 2 })
	})
	test.each([
		['reaches beyond the text', [10, 'x']],
		['deletes beyond the text', [8, { d: 2 }]],
		['is not tidy', ['x', 'y']],
		['ends with a skip', ['x', 3]],
		['counts with no integer', [1.5, 'x']],
		['holds half a character', ['\ud83d']],
		['holds a carriage return', ['a\r']],
		['is no edit', 7 as unknown as Edit],
	] as [string, Edit][])('an edit that %s changes nothing', (_what, edit) => {
		doc.apply({ op: 'put', id: 'n', kind: 'note', fields: { text: '🚲 riders', rev: 1 } })
		const before = doc.digest()
		doc.apply({ op: 'text', id: 'n', field: 'text', rev: 2, edit })
		expect(doc.get('n')?.fields).toEqual({ text: '🚲 riders', rev: 1 })
		expect(doc.digest()).toBe(before)
	})
	test('nobody types in a field without a revision; in what is not known, perhaps', () => {
		doc.apply({ op: 'text', id: 'a', field: 'for', rev: 2, edit: ['x'] })
		expect(doc.get('a')?.fields.for).toBe('nurses')
		doc.apply({ op: 'put', id: 'q', kind: 'quiz', fields: { title: 'b' } })
		doc.apply({ op: 'text', id: 'q', field: 'title', rev: 2, edit: ['a'] })
		expect(doc.get('q')?.fields).toEqual({ title: 'ab' })
	})
	test('del takes it out', () => {
		doc.apply({ op: 'del', id: 'a' })
		expect(doc.get('a')).toBeUndefined()
	})
	test('an op on what is not there changes nothing', () => {
		const before = doc.digest()
		doc.apply({ op: 'set', id: 'z', fields: { for: 'x' } })
		doc.apply({ op: 'del', id: 'z' })
		doc.apply({ op: 'text', id: 'z', field: 'for', rev: 1, edit: ['x'] })
		expect(doc.digest()).toBe(before)
		expect(doc.objects.size).toBe(2)
	})
	test('the digest kept along the way is the one from scratch', () => {
		doc.apply({ op: 'set', id: 'a', fields: { for: 'night nurses', who: 'miss meals', version: 2 } })
		doc.apply({ op: 'put', id: 'c', kind: 'section', fields: { title: 'Cities' } })
		doc.apply({ op: 'set', id: 'a', fields: { who: null } })
		doc.apply({ op: 'del', id: 'b' })
		doc.apply({ op: 'put', id: 'n', kind: 'note', fields: { text: 'abcdefg', box: 'jobs' } })
		doc.apply({ op: 'text', id: 'n', field: 'text', rev: 1, edit: [{ d: 6 }] })
		expect(doc.digest()).toBe(digestOf(doc.objects.values()))
	})
})

describe('the counter', () => {
	test('ops that follow are applied and the epoch taken over', () => {
		expect(doc.takeOps(ops(6, [{ op: 'del', id: 'b' }], { epoch: 2 }))).toBe('applied')
		expect([doc.at, doc.epoch]).toEqual([6, 2])
	})
	test('a gap asks to open again and changes nothing', () => {
		expect(doc.takeOps(ops(8, [{ op: 'del', id: 'b' }]))).toBe('again')
		expect(doc.at).toBe(5)
		expect(doc.get('b')).toBeDefined()
	})
	test('what was had already is left alone', () => {
		expect(doc.takeOps(ops(5, [{ op: 'del', id: 'b' }]))).toBe('ignored')
		expect(doc.get('b')).toBeDefined()
	})
	test('of ops that overlap with what was had only the rest is applied', () => {
		expect(doc.takeOps(ops(6, [{ op: 'del', id: 'a' }, { op: 'del', id: 'b' }]))).toBe('applied')
		expect(doc.at).toBe(6)
		expect(doc.get('a')).toBeDefined()
		expect(doc.get('b')).toBeUndefined()
	})
	test('a wrong digest asks for everything anew', () => {
		expect(doc.takeOps(ops(6, [{ op: 'del', id: 'b' }], { sum: '0000000000000000' }))).toBe('anew')
	})
	test('the right digest passes', () => {
		const twin = new Doc('d')
		twin.takeSnapshot(snapshot([post('a', { for: 'nurses', version: 1 })]))
		expect(doc.takeOps(ops(6, [{ op: 'del', id: 'b' }], { sum: twin.digest() }))).toBe('applied')
	})
	test('before a snapshot ops are worth nothing', () => {
		expect(new Doc('d').takeOps(ops(1, [{ op: 'del', id: 'b' }]))).toBe('anew')
	})
})

describe('snapshots', () => {
	test('come in parts, and only the last replaces the document', () => {
		expect(doc.takeSnapshot(snapshot([post('x', {})], 9, { last: false }))).toBe('partial')
		expect(doc.get('a')).toBeDefined()
		expect(doc.takeSnapshot(snapshot([post('y', {})], 9, { part: 1 }))).toBe('applied')
		expect([...doc.objects.keys()]).toEqual(['x', 'y'])
		expect(doc.at).toBe(9)
	})
	test('a part that belongs to a lost connection is not continued', () => {
		doc.takeSnapshot(snapshot([post('x', {})], 9, { last: false }))
		doc.abandonParts()
		expect(doc.takeSnapshot(snapshot([post('y', {})], 9, { part: 1 }))).toBe('ignored')
		expect([...doc.objects.keys()]).toEqual(['a', 'b'])
	})
	test('a wrong digest is found', () => {
		expect(doc.takeSnapshot(snapshot([post('x', {})], 9, { sum: 'ffffffffffffffff' }))).toBe('anew')
	})
})

describe('what one person alone sees', () => {
	const mine = (n: number, more: object) => ({ t: 'mine' as const, doc: 'd', n, ...more })

	test('shadows the shared object, complete as sent, and leaves the digest alone', () => {
		const before = doc.digest()
		doc.takeMine(mine(4, { whole: true, objects: [post('a', { who: 'wait' }), post('own', { state: 'held' })] }))
		expect(doc.get('a')?.fields).toEqual({ who: 'wait' })
		expect([...doc.all()].map((o) => o.id).sort()).toEqual(['a', 'b', 'own'])
		expect(doc.digest()).toBe(before)
	})
	test('goes on by ones; anything else asks to open again', () => {
		doc.takeMine(mine(4, { whole: true, objects: [post('own', { state: 'held' })] }))
		expect(doc.takeMine(mine(5, { objects: [], gone: ['own'] }))).toBe('applied')
		expect(doc.get('own')).toBeUndefined()
		expect(doc.takeMine(mine(7, { objects: [] }))).toBe('again')
		expect(doc.takeMine(mine(9, { whole: true, objects: [] }))).toBe('applied')
	})
	test('survives shared ops on the same object, and shows the shared one again once it is gone', () => {
		doc.takeMine(mine(1, { whole: true, objects: [post('a', { for: 'mine' })] }))
		doc.takeOps(ops(6, [{ op: 'set', id: 'a', fields: { for: 'theirs' } }]))
		expect(doc.get('a')?.fields.for).toBe('mine')
		doc.takeMine(mine(2, { gone: ['a'] }))
		expect(doc.get('a')?.fields.for).toBe('theirs')
	})
})
