import { expect, test } from 'vitest'
import { memoryStore } from './browser'
import { Drafts, emptyDraft, isEmptyDraft } from './drafts'

const half = { words: { ...emptyDraft().words, for: 'night-shift nurses', who: 'miss ' }, section: 's1' }

test('a half-written statement is found again, word for word, by the same person in the same class', () => {
	const store = memoryStore()
	new Drafts(store, 'KXR4HTM.me').write('new', half)
	expect(new Drafts(store, 'KXR4HTM.me').read('new')).toEqual(half)
	expect(new Drafts(store, 'KXR4HTM.you').read('new')).toBeNull()
	expect(new Drafts(store, 'BCD2345.me').read('new')).toBeNull()
	expect(new Drafts(store, 'KXR4HTM.me').read('p1')).toBeNull()
})

test('it goes when it is cleared, or when nothing is left of it', () => {
	const store = memoryStore()
	const drafts = new Drafts(store, 'KXR4HTM.me')
	drafts.write('new', half)
	drafts.clear('new')
	expect(drafts.read('new')).toBeNull()
	drafts.write('new', half)
	drafts.write('new', { ...emptyDraft(), section: 's1' })
	expect(drafts.read('new')).toBeNull()
})

test('a damaged or foreign value does no harm', () => {
	const store = memoryStore()
	const drafts = new Drafts(store, 's')
	for (const bad of ['{', 'null', '7', '[]', '{"words":{"for":7}}']) {
		store.setItem('forwhom.draft.s.new', bad)
		const read = drafts.read('new')
		expect(read === null || isEmptyDraft(read)).toBe(true)
	}
})

test('it says when the browser keeps nothing', () => {
	const store = memoryStore()
	store.setItem = () => {
		throw new Error('quota')
	}
	expect(new Drafts(store, 's').write('new', half)).toBe(false)
})
