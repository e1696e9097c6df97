import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryStore, type Store } from './browser'
import type { Identity } from './identity'
import { Tab } from './outbox'
import { Room, type Happening, type View } from './state'
import { FakeSocket, fakeSocket, ME, mine, ops, settle, snapshot, theClass, theWall, WALL, welcome } from './testing'

let store: Store
let room: Room
let happened: Happening[]

const member: Identity = { as: 'member', secret: 'S'.repeat(43), name: 'Ama', shared: false }

function make(identity: Identity = member): Room {
	const made = new Room({ code: 'KXR4HTM', identity, url: 'ws://x/ws', store, tab: new Tab(store, memoryStore()), ticket: () => Promise.resolve('T'), build: 'b1', socket: fakeSocket, random: () => 0 })
	made.hear((happening) => happened.push(happening))
	return made
}

async function enter(wall: object = {}, more: object = {}): Promise<FakeSocket> {
	room.start()
	await settle()
	const socket = FakeSocket.last()
	socket.open()
	socket.says(welcome(more), snapshot('class', 3, theClass()), snapshot(WALL, 3, theWall(wall)), mine(1), { ...mine(1), doc: 'class' })
	await vi.advanceTimersByTimeAsync(20)
	return socket
}
const sees = async (): Promise<View> => {
	await vi.advanceTimersByTimeAsync(20)
	return room.view
}
const words = { id: 'p1', for: 'nurses', section: 's1', names: 'named' } as const
const shared = (fields: object = {}) => ({ op: 'put' as const, id: 'p1', kind: 'post', fields: { for: 'nurses', section: 's1', names: 'named', author: ME, state: 'shown', pos: 'b1', version: 1, at: 5, ...fields } })

beforeEach(() => {
	vi.useFakeTimers()
	FakeSocket.made = []
	store = memoryStore()
	happened = []
	room = make()
})
afterEach(() => {
	room.stop()
	vi.useRealTimers()
})

describe('the way of a post', () => {
	test('kept, sent, saved, shown: visible all along, and there once', async () => {
		const socket = await enter()
		const item = room.do('post.add', words)
		expect(room.view.posts).toEqual([expect.objectContaining({ id: 'p1', sending: 'sent', isMine: true, section: 's1' })])
		expect(room.view.waiting).toBe(1)
		socket.says({ t: 'ok', id: item.id, doc: WALL, at: 4, result: { state: 'shown' } })
		expect((await sees()).waiting).toBe(0)
		expect(room.view.posts).toEqual([expect.objectContaining({ id: 'p1', sending: '' })])
		await vi.advanceTimersByTimeAsync(2_000)
		expect(room.view.posts).toHaveLength(1)
		socket.says(ops(WALL, 4, [shared()]))
		await vi.advanceTimersByTimeAsync(2_000)
		expect(room.view.posts).toEqual([expect.objectContaining({ id: 'p1', at_ms: 5 })])
		expect(room.outbox.items).toEqual([])
		expect(happened.map((h) => h.what)).toEqual(['saved'])
	})
	test('without a connection it is kept, shown as kept, and counted', async () => {
		const socket = await enter()
		socket.ends()
		room.do('post.add', words)
		expect(room.view).toMatchObject({ waiting: 1, status: { phase: 'waiting' } })
		expect(room.view.posts[0]).toMatchObject({ id: 'p1', sending: 'kept' })
	})
	test('after a reload it is still there, before the server has said a word about it', async () => {
		await enter()
		FakeSocket.last().ends()
		room.do('post.add', words)
		room.stop()
		room = make()
		expect(room.view.waiting).toBe(0)
		vi.advanceTimersByTime(60_000)
		room.adopt()
		expect(room.view.waiting).toBe(1)
		const socket = await enter()
		expect(room.view.posts[0]).toMatchObject({ id: 'p1', sending: 'sent' })
		expect(socket.of('do')).toHaveLength(1)
	})
	test('a held one comes back in the overlay', async () => {
		const socket = await enter({ hold: true })
		const item = room.do('post.add', words)
		expect(room.view.posts[0]!.state).toBe('held')
		socket.says({ t: 'ok', id: item.id, doc: WALL, at: 3, result: { state: 'held' } }, mine(2, { whole: false, objects: [{ id: 'p1', kind: 'post', fields: shared({ state: 'held' }).fields }] }))
		await vi.advanceTimersByTimeAsync(2_000)
		expect(room.view.posts).toEqual([expect.objectContaining({ id: 'p1', state: 'held', isMine: true, sending: '' })])
	})
	test('a hidden name: the own post is known by the overlay, another’s has no author', async () => {
		const socket = await enter({ names: 'hidden' })
		const bare = { ...shared({ names: 'hidden' }).fields, author: '' }
		socket.says(
			ops(WALL, 5, [
				{ op: 'put', id: 'p1', kind: 'post', fields: bare },
				{ op: 'put', id: 'p2', kind: 'post', fields: { ...bare, pos: 'b2' } },
			]),
			mine(2, { objects: [{ id: 'p1', kind: 'post', fields: { ...bare, author: ME } }] }),
		)
		const [first, second] = (await sees()).posts
		expect([first!.isMine, first!.authorName, second!.isMine, second!.authorName]).toEqual([true, 'Ama', false, ''])
	})
})

describe('refusals', () => {
	test('a refused post stays as a ghost with its words and the reason', async () => {
		const socket = await enter()
		const item = room.do('post.add', words)
		socket.says({ t: 'no', id: item.id, code: 'quota', say: 'quota.posts', args: { max: 200 } })
		expect((await sees()).posts).toEqual([
			expect.objectContaining({ isGhost: true, refused: expect.objectContaining({ id: item.id, words: expect.objectContaining({ for: 'nurses' }), section: 's1', refused: { code: 'quota', say: 'quota.posts', args: { max: 200 } } }) }),
		])
		expect(room.view.waiting).toBe(0)
		room.drop(item.id)
		expect(room.view.posts).toEqual([])
	})
	test('a refused edit leaves the post as it is, and keeps the words beside it', async () => {
		const socket = await enter()
		socket.says(ops(WALL, 4, [shared()]))
		await sees()
		const item = room.do('post.edit', { id: 'p1', version: 1, for: 'night nurses' })
		expect(room.view.posts[0]!.words.for).toBe('night nurses')
		socket.says({ t: 'no', id: item.id, code: 'conflict', say: 'conflict', args: {} })
		expect((await sees()).posts[0]).toMatchObject({ isGhost: false, words: { for: 'nurses' }, refused: { words: { for: 'night nurses' } } })
	})
	test('the words of an edit outlive their post', async () => {
		const socket = await enter()
		socket.says(ops(WALL, 4, [shared()]))
		await sees()
		const item = room.do('post.edit', { id: 'p1', version: 1, for: 'night nurses' })
		socket.says(ops(WALL, 5, [{ op: 'del', id: 'p1' }]), { t: 'no', id: item.id, code: 'not_found', say: 'not_found', args: {} })
		expect((await sees()).posts).toEqual([expect.objectContaining({ isGhost: true, refused: expect.objectContaining({ words: expect.objectContaining({ for: 'night nurses' }) }) })])
	})
	test('what has no words is told and forgotten, and its effect taken back', async () => {
		const socket = await enter({}, { role: 'owner' })
		const item = room.do('wall.set', { hold: true })
		expect(room.view.hold).toBe(true)
		socket.says({ t: 'no', id: item.id, code: 'forbidden', say: 'forbidden', args: {} })
		expect((await sees()).hold).toBe(false)
		expect(room.outbox.items).toEqual([])
		expect(happened.map((h) => h.what)).toEqual(['refused'])
	})
	test('pens down: the words are held back, and offered until the person sends them', async () => {
		const socket = await enter()
		const item = room.do('post.add', words)
		socket.says(ops('class', 4, [{ op: 'set', id: 'class', fields: { frozen: true } }]), { t: 'no', id: item.id, code: 'frozen', say: 'frozen', args: {} })
		expect(await sees()).toMatchObject({ frozen: true, heldBack: [{ id: item.id }] })
		socket.says(ops('class', 5, [{ op: 'set', id: 'class', fields: { frozen: null } }]))
		expect(await sees()).toMatchObject({ frozen: false, heldBack: [{ id: item.id }], waiting: 0 })
		await vi.advanceTimersByTimeAsync(5_000)
		expect(socket.of('do')).toHaveLength(1)
		room.again(item.id)
		expect(room.view).toMatchObject({ heldBack: [], waiting: 1 })
		expect(socket.of('do').map((m) => m.id)).toEqual([item.id, item.id])
	})
})

describe('the view', () => {
	test('is ready once class and wall are there, and stays so over a lost connection', async () => {
		expect(room.view.isReady).toBe(false)
		const socket = await enter()
		expect(room.view).toMatchObject({ isReady: true, title: 'Ventures', prompt: 'For whom?', myName: 'Ama', isStaff: false })
		socket.ends()
		expect(room.view.isReady).toBe(true)
	})
	test('posts stand in the order of their positions, ties by id', async () => {
		const socket = await enter()
		const at = (id: string, pos: string) => ({ ...shared({ pos }), id })
		socket.says(ops(WALL, 6, [at('c', 'b2'), at('b', 'b1'), at('a', 'b2')]))
		expect((await sees()).posts.map((p) => p.id)).toEqual(['b', 'a', 'c'])
	})
	test('what did not change is the same object, so that nothing is drawn again', async () => {
		const socket = await enter()
		socket.says(ops(WALL, 5, [shared(), { ...shared({ pos: 'b2' }), id: 'p2' }]))
		const before = (await sees()).posts
		socket.says(ops(WALL, 6, [{ op: 'set', id: 'p2', fields: { for: 'tenants' } }]))
		const after = (await sees()).posts
		expect(after[0]).toBe(before[0])
		expect(after[1]).not.toBe(before[1])
	})
	test('removed sections are for instructors only to see, apart', async () => {
		const socket = await enter({}, { role: 'owner' })
		socket.says(ops(WALL, 4, [{ op: 'set', id: 's1', fields: { deleted: 'staff' } }]))
		const view = await sees()
		expect([view.sections.map((s) => s.id), view.removedSections.map((s) => s.id)]).toEqual([['s2'], ['s1']])
	})
	test('a notice says that nothing can be saved, and that it can again', async () => {
		const socket = await enter()
		socket.says({ t: 'notice', readonly: true, say: 'readonly.full', args: {} })
		expect(room.view.readonly).toMatchObject({ say: 'readonly.full' })
		socket.says({ t: 'notice', readonly: false })
		expect(room.view.readonly).toBeNull()
	})
	test('another build is told', async () => {
		await enter({}, { build: 'b2' })
		expect(happened).toEqual([{ what: 'other-build', build: 'b2' }])
	})
	test('subscribers hear the present at once, and every change until they leave', async () => {
		const seen: boolean[] = []
		const leave = room.subscribe((view) => seen.push(view.isReady))
		expect(seen).toEqual([false])
		await enter()
		expect(seen.at(-1)).toBe(true)
		const n = seen.length
		leave()
		FakeSocket.last().ends()
		expect(seen.length).toBe(n)
	})
})
