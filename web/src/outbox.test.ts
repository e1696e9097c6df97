import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryStore } from './browser'
import { BEAT_MS, Outbox, Tab, type Store } from './outbox'
import { ids } from './testing'

let local: Store
const box = (tab = 't1', scope = 'KXR4HTM.me') => new Outbox(local, scope, tab)
const no = (code: string, more = {}) => ({ t: 'no' as const, code, say: code, args: {}, ...more })

beforeEach(() => {
	vi.useFakeTimers()
	local = memoryStore()
})
afterEach(() => void vi.useRealTimers())

describe('keeping', () => {
	test('a command is stored before anybody can send it, and a reload finds it in order', () => {
		const first = box()
		const a = first.add('d', 'post.add', { id: 'p1', for: 'nurses' })
		const b = first.add('d', 'post.delete', { id: 'p9' })
		const again = box()
		expect(ids(again.items)).toEqual([a.id, b.id])
		expect(again.items[0]).toMatchObject({ cmd: 'post.add', args: { id: 'p1', for: 'nurses' }, state: 'kept' })
	})
	test('what was sent and not answered is to be sent again after a reload, under its id', () => {
		const item = box().add('d', 'post.add', { id: 'p1', for: 'x' })
		const first = box()
		first.sent(item.id)
		expect(box().next(9)).toEqual([expect.objectContaining({ id: item.id, state: 'kept', tries: 1 })])
	})
	test('what is saved leaves the store at once, and the list when its effect is shown', () => {
		const first = box()
		const item = first.add('d', 'post.add', { id: 'p1', for: 'x' })
		first.sent(item.id)
		first.saved(item.id, 7)
		expect(box().items).toEqual([])
		expect(first.items[0]).toMatchObject({ state: 'saved', at: 7 })
		expect(first.sweep(() => false)).toBe(false)
		expect(first.sweep(() => true)).toBe(true)
		expect(first.items).toEqual([])
	})
	test('absent arguments are not kept as such: the body has to be the same at every resend', () => {
		expect(box().add('d', 'post.move', { id: 'p1', section: undefined }).args).toEqual({ id: 'p1' })
	})
	test('two people at one browser have two boxes', () => {
		box('t1', 'KXR4HTM.me').add('d', 'post.delete', { id: 'p1' })
		expect(box('t2', 'KXR4HTM.you').items).toEqual([])
	})
	test('a browser that stores nothing is told apart, and its words live on in the tab', () => {
		local.setItem = () => {
			throw new Error('quota')
		}
		const full = box()
		full.add('d', 'post.add', { id: 'p1', for: 'x' })
		expect(full.durable).toBe(false)
		expect(full.items).toHaveLength(1)
	})
	test('a damaged store is an empty one', () => {
		local.setItem('forwhom.out.KXR4HTM.me.t1', '{"not":')
		expect(box().items).toEqual([])
	})
})

describe('sending', () => {
	test('in order, and no more at once than there is room for', () => {
		const b = box()
		const [p1, p2, p3] = ['1', '2', '3'].map((id) => b.add('d', 'post.hide', { id }))
		expect(ids(b.next(2))).toEqual([p1!.id, p2!.id])
		b.sent(p1!.id)
		expect(ids(b.next(2))).toEqual([p2!.id])
		b.unsend()
		expect(ids(b.next(9))).toEqual([p1!.id, p2!.id, p3!.id])
	})
	test('an edit of a post that nobody has seen becomes part of it', () => {
		const b = box()
		const add = b.add('d', 'post.add', { id: 'p1', for: 'nurses', who: 'wait' })
		const edit = b.add('d', 'post.edit', { id: 'p1', version: 1, for: 'night nurses' })
		expect(edit.id).toBe(add.id)
		expect(b.items).toEqual([expect.objectContaining({ cmd: 'post.add', args: { id: 'p1', for: 'night nurses', who: 'wait' } })])
	})
	test('once it was sent, its body may not change under its id any more', () => {
		const b = box()
		const add = b.add('d', 'post.add', { id: 'p1', for: 'nurses' })
		b.sent(add.id)
		b.unsend()
		b.add('d', 'post.edit', { id: 'p1', version: 1, for: 'night nurses' })
		expect(b.items.map((p) => p.cmd)).toEqual(['post.add', 'post.edit'])
		expect(b.items[0]!.args.for).toBe('nurses')
	})
})

describe('refusals', () => {
	test('stay with reason and words, over reloads, until the person decides', () => {
		const b = box()
		const item = b.add('d', 'post.add', { id: 'p1', for: 'x' })
		b.sent(item.id)
		expect(b.refuse(item.id, no('frozen'))).toBe(false)
		const later = box()
		expect(later.items[0]).toMatchObject({ state: 'refused', refused: { code: 'frozen' }, args: { for: 'x' } })
		expect(later.next(9)).toEqual([])
		later.again(item.id)
		expect(later.next(9)).toEqual([expect.objectContaining({ id: item.id })])
		expect(later.next(9)[0]!.refused).toBeUndefined()
		later.drop(item.id)
		expect(box().items).toEqual([])
	})
	test.each(['rate', 'busy', 'readonly'])('%s only asks for patience', (code) => {
		const b = box()
		const item = b.add('d', 'post.add', { id: 'p1', for: 'x' })
		b.sent(item.id)
		expect(b.refuse(item.id, no(code, { retry_ms: 100 }))).toBe(true)
		expect(b.next(9)).toEqual([expect.objectContaining({ id: item.id })])
	})
	test('what was refused only because an earlier one of the same post had to wait is sent after it', () => {
		const b = box()
		const add = b.add('d', 'post.add', { id: 'p1', for: 'x' })
		b.sent(add.id)
		const edit = b.add('d', 'post.edit', { id: 'p1', version: 1, for: 'y' })
		b.sent(edit.id)
		b.refuse(add.id, no('rate'))
		expect(b.refuse(edit.id, no('not_found'))).toBe(true)
		expect(ids(b.next(9))).toEqual([add.id, edit.id])
	})
	test('an edit of a refused post goes into its words, with a new id for the new body', () => {
		const b = box()
		const add = b.add('d', 'post.add', { id: 'p1', for: 'x' })
		b.sent(add.id)
		const edit = b.add('d', 'post.edit', { id: 'p1', version: 1, for: 'y' })
		b.sent(edit.id)
		b.refuse(add.id, no('frozen'))
		b.refuse(edit.id, no('frozen'))
		expect(b.items).toEqual([expect.objectContaining({ cmd: 'post.add', state: 'refused', args: { id: 'p1', for: 'y' } })])
		expect(b.items[0]!.id).not.toBe(add.id)
	})
	test('deleting a refused post throws both away', () => {
		const b = box()
		const add = b.add('d', 'post.add', { id: 'p1', for: 'x' })
		b.sent(add.id)
		const del = b.add('d', 'post.delete', { id: 'p1' })
		b.sent(del.id)
		b.refuse(add.id, no('quota'))
		b.refuse(del.id, no('not_found'))
		expect(b.items).toEqual([])
	})
})

describe('several tabs', () => {
	test('each keeps its own box, and leaves that of a living tab alone', () => {
		new Tab(local, memoryStore())
		const other = new Tab(local, memoryStore())
		box(other.id).add('d', 'post.delete', { id: 'p1' })
		expect(box('t1').items).toEqual([])
	})
	test('what a closed tab left behind is taken over, once', () => {
		const other = new Tab(local, memoryStore())
		const item = box(other.id).add('d', 'post.delete', { id: 'p1' })
		other.leave()
		const first = box('t1')
		expect(ids(first.items)).toEqual([item.id])
		expect(box('t2').items).toEqual([expect.objectContaining({ id: item.id })])
		expect(first.adopt()).toBe(false)
	})
	test('a tab that died without a word is taken over when its sign of life is old', () => {
		const dead = new Tab(local, memoryStore())
		const mine = new Tab(local, memoryStore())
		box(dead.id).add('d', 'post.delete', { id: 'p1' })
		const first = box(mine.id)
		expect(first.adopt()).toBe(false)
		vi.advanceTimersByTime(BEAT_MS * 3)
		expect(first.adopt()).toBe(true)
		expect(first.items).toHaveLength(1)
	})
	test('a reload of the same tab finds its own box by its name', () => {
		const session = memoryStore()
		const before = new Tab(local, session)
		const item = box(before.id).add('d', 'post.delete', { id: 'p1' })
		before.leave()
		const after = new Tab(local, session)
		expect(after.id).toBe(before.id)
		expect(ids(box(after.id).items)).toEqual([item.id])
	})
	test('a duplicated tab does not inherit the name of the one that lives', () => {
		const session = memoryStore()
		const first = new Tab(local, session)
		expect(new Tab(local, session).id).not.toBe(first.id)
	})
})
