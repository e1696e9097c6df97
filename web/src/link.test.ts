import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryStore, type Store } from './browser'
import type { Early } from './early'
import { Link, type LinkEvents, type Status } from './link'
import { Outbox } from './outbox'
import { FakeSocket, fakeSocket, mine, ops, settle, snapshot, theClass, theWall, WALL, welcome } from './testing'
import type { Credential } from './wire'

let store: Store
let outbox: Outbox
let statuses: Status[]
let random: number
let credential: () => Promise<Credential | null>
let refusals: string[]
let early: Early | null
let link: Link

function make(): Link {
	const events: LinkEvents = {
		status: (status) => statuses.push(status),
		welcome: () => {},
		changed: () => {},
		saved: () => {},
		refused: (item, no) => refusals.push(`${item.cmd} ${no.code}`),
		notice: () => {},
	}
	return new Link({ url: 'ws://x/ws', code: 'KXR4HTM', outbox, credential: () => credential(), events, early: () => early, socket: fakeSocket, random: () => random })
}

/** Connects, and answers hello with the two documents it asked for. */
async function enter(): Promise<FakeSocket> {
	link.start()
	await settle()
	const socket = FakeSocket.last()
	socket.open()
	socket.says(welcome())
	socket.says(snapshot('class', 3, theClass()), snapshot(WALL, 3, theWall()), mine(1), { ...mine(1), doc: 'class' })
	return socket
}

/** The next connection, once the time for it has come. */
async function comeBack(): Promise<FakeSocket> {
	const before = FakeSocket.made.length
	for (let ms = 0; ms < 30_000 && FakeSocket.made.length === before; ms += 100) await vi.advanceTimersByTimeAsync(100)
	expect(FakeSocket.made.length).toBe(before + 1)
	const socket = FakeSocket.made[before]!
	socket.open()
	return socket
}

beforeEach(() => {
	vi.useFakeTimers()
	FakeSocket.made = []
	store = memoryStore()
	outbox = new Outbox(store, 's', 't')
	statuses = []
	refusals = []
	random = 0.5
	early = null
	credential = () => Promise.resolve({ secret: 'S'.repeat(43), name: 'Ama' })
	link = make()
})
afterEach(() => {
	link.stop()
	vi.useRealTimers()
})

describe('coming in', () => {
	test('hello is the first and, until welcome, the only thing said', async () => {
		outbox.add(WALL, 'post.hide', { id: 'p1' })
		link.start()
		await settle()
		const socket = FakeSocket.last()
		expect(socket.protocol).toBe('forwhom.1')
		socket.open()
		link.flush()
		expect(socket.sent).toEqual([{ t: 'hello', v: 1, class: 'KXR4HTM', secret: 'S'.repeat(43), name: 'Ama', open: [{ doc: 'class' }, { doc: 'start' }] }])
		socket.says(welcome())
		expect(socket.sent.slice(1).map((m) => m.t)).toEqual(['do'])
	})
	test('what hello has asked for is not asked for again, and taken in under the name that welcome gives it', async () => {
		const socket = await enter()
		expect([...link.docs.values()].map(({ id, loaded }) => [id, loaded])).toEqual([
			['class', true],
			[WALL, true],
		])
		expect(socket.of('open')).toEqual([])
	})
	test('an early connection is taken over with what was said on it; hello is not said twice', async () => {
		const socket = new FakeSocket('ws://x/ws', 'forwhom.1')
		socket.open()
		early = { socket: socket as unknown as WebSocket, heard: [welcome(), snapshot('class', 3, theClass())].map((message) => JSON.stringify(message)) }
		link.start()
		await settle()
		expect(FakeSocket.made).toEqual([socket])
		expect(link.status.phase).toBe('open')
		socket.says(snapshot(WALL, 3, theWall()))
		expect(link.docs.get('class')!.loaded && link.docs.get(WALL)!.loaded).toBe(true)
		expect(socket.sent).toEqual([])
		early = null
		socket.ends()
		const second = await comeBack()
		expect(second.of('hello')).toHaveLength(1)
	})
	test('an early connection that is not open yet is said hello to by whoever took it', async () => {
		const socket = new FakeSocket('ws://x/ws', 'forwhom.1')
		early = { socket: socket as unknown as WebSocket, heard: [] }
		link.start()
		await settle()
		socket.open()
		expect(socket.sent.map((m) => m.t)).toEqual(['hello'])
	})
	test('a pause that the server asks for is known, and ends', async () => {
		const socket = await enter()
		const item = outbox.add(WALL, 'post.hide', { id: 'p1' })
		link.flush()
		socket.says({ t: 'no', id: item.id, code: 'rate', say: 'rate', args: {}, retry_ms: 8_000 })
		expect(link.pausedUntil_ms).toBe(Date.now() + 8_000)
		expect(socket.of('do')).toHaveLength(1)
		await vi.advanceTimersByTimeAsync(8_000)
		expect(socket.of('do')).toHaveLength(2)
	})
	test('a refused hello stops it, with the sentence', async () => {
		link.start()
		await settle()
		FakeSocket.last().open()
		FakeSocket.last().says({ t: 'no', code: 'not_found', say: 'not_found.class', args: {} })
		expect(link.status).toMatchObject({ phase: 'stopped', why: 'refused', refused: { say: 'not_found.class' } })
		await vi.advanceTimersByTimeAsync(120_000)
		expect(FakeSocket.made).toHaveLength(1)
	})
	test('a busy server is asked again at the time it named', async () => {
		link.start()
		await settle()
		FakeSocket.last().open()
		FakeSocket.last().says({ t: 'no', code: 'busy', say: 'busy', args: {}, retry_ms: 700 })
		await vi.advanceTimersByTimeAsync(699)
		expect(FakeSocket.made).toHaveLength(1)
		await vi.advanceTimersByTimeAsync(1)
		expect(FakeSocket.made).toHaveLength(2)
	})
	test('every connection gets a ticket of its own', async () => {
		let n = 0
		credential = () => Promise.resolve({ ticket: `t${++n}` })
		const first = await enter()
		first.ends()
		const second = await comeBack()
		expect([first.of('hello')[0]!.ticket, second.of('hello')[0]!.ticket]).toEqual(['t1', 't2'])
	})
	test('without a credential the person is asked; without the network it is tried again', async () => {
		credential = () => Promise.reject(new Error('offline'))
		link.start()
		await settle()
		expect(link.status).toEqual({ phase: 'waiting', why: 'lost' })
		credential = () => Promise.resolve(null)
		await vi.advanceTimersByTimeAsync(1_000)
		expect(link.status).toEqual({ phase: 'stopped', why: 'auth' })
	})
})

describe('exactly once', () => {
	test('a lost answer: the same command goes again under the same id, before what came later', async () => {
		const first = await enter()
		const post = outbox.add(WALL, 'post.add', { id: 'p1', for: 'nurses' })
		link.flush()
		expect(first.of('do')).toHaveLength(1)
		first.ends()
		expect(outbox.items[0]).toMatchObject({ id: post.id, state: 'kept' })
		const later = outbox.add(WALL, 'post.add', { id: 'p2', for: 'tenants' })
		const second = await comeBack()
		expect(second.of('do')).toEqual([])
		second.says(welcome())
		expect(second.of('do')).toEqual([first.of('do')[0], expect.objectContaining({ id: later.id })])
		second.says({ t: 'ok', id: post.id, doc: WALL, at: 4, result: { state: 'shown' } })
		expect(outbox.items[0]).toMatchObject({ state: 'saved', at: 4 })
	})
	test('answered is answered: nothing is sent twice on one connection', async () => {
		const socket = await enter()
		const a = outbox.add(WALL, 'post.hide', { id: 'p1' })
		link.flush()
		link.flush()
		socket.says({ t: 'ok', id: a.id, doc: WALL, at: 4 })
		link.flush()
		expect(socket.of('do')).toHaveLength(1)
	})
	test('a great many are sent a few at a time, in order', async () => {
		const socket = await enter()
		const all = Array.from({ length: 50 }, (_, i) => outbox.add(WALL, 'post.hide', { id: `p${i}` }))
		link.flush()
		expect(socket.of('do')).toHaveLength(20)
		for (const item of all) socket.says({ t: 'ok', id: item.id, doc: WALL, at: 4 })
		expect(socket.of('do').map((m) => m.id)).toEqual(all.map((item) => item.id))
	})
	test('what an old connection still says is not heard', async () => {
		const first = await enter()
		const post = outbox.add(WALL, 'post.add', { id: 'p1', for: 'nurses' })
		link.flush()
		first.ends()
		await comeBack()
		first.says({ t: 'ok', id: post.id, doc: WALL, at: 4 })
		expect(outbox.items[0]!.state).toBe('kept')
	})
})

describe('refusals', () => {
	test('a refusal is kept with its reason and not sent again', async () => {
		const socket = await enter()
		const post = outbox.add(WALL, 'post.add', { id: 'p1', for: 'nurses' })
		link.flush()
		socket.says({ t: 'no', id: post.id, code: 'quota', say: 'quota.posts', args: { max: 200 } })
		expect(refusals).toEqual(['post.add quota'])
		expect(outbox.items[0]).toMatchObject({ state: 'refused', refused: { say: 'quota.posts', args: { max: 200 } } })
		socket.ends()
		const second = await comeBack()
		second.says(welcome())
		expect(second.of('do')).toEqual([])
	})
	test('rate: everything waits until the time named, then goes in order under the old ids', async () => {
		const socket = await enter()
		const a = outbox.add(WALL, 'post.add', { id: 'p1', for: 'a' })
		const b = outbox.add(WALL, 'post.add', { id: 'p2', for: 'b' })
		link.flush()
		socket.says({ t: 'no', id: a.id, code: 'rate', say: 'rate', args: {}, retry_ms: 2_000 }, { t: 'no', id: b.id, code: 'rate', say: 'rate', args: {}, retry_ms: 1_500 })
		expect(socket.of('do')).toHaveLength(2)
		await vi.advanceTimersByTimeAsync(1_999)
		expect(socket.of('do')).toHaveLength(2)
		await vi.advanceTimersByTimeAsync(1)
		expect(socket.of('do').map((m) => m.id)).toEqual([a.id, b.id, a.id, b.id])
		expect(refusals).toEqual([])
	})
	test('pens down: kept, over a thaw and a reconnection too, until the person sends it', async () => {
		const socket = await enter()
		const post = outbox.add(WALL, 'post.add', { id: 'p1', for: 'nurses' })
		link.flush()
		socket.says({ t: 'no', id: post.id, code: 'frozen', say: 'frozen', args: {} })
		socket.says(ops('class', 4, [{ op: 'set', id: 'class', fields: { frozen: true } }]), ops('class', 5, [{ op: 'set', id: 'class', fields: { frozen: null } }]))
		link.flush()
		expect(socket.of('do')).toHaveLength(1)
		socket.ends()
		const second = await comeBack()
		second.says(welcome())
		expect(second.of('do')).toEqual([])
		outbox.again(post.id)
		link.flush()
		expect(second.of('do')).toEqual([expect.objectContaining({ id: post.id })])
	})
})

describe('documents', () => {
	test('a reconnection resumes each from what it has', async () => {
		const first = await enter()
		first.says(ops(WALL, 4, [{ op: 'del', id: 's2' }], { epoch: 2 }))
		first.ends()
		const second = await comeBack()
		second.says(welcome())
		expect(second.of('hello')[0]!.open).toEqual([
			{ doc: 'class', epoch: 1, at: 3 },
			{ doc: WALL, epoch: 2, at: 4 },
		])
		expect(second.of('open')).toEqual([])
	})
	test('a gap opens again from what is here, once, and goes on', async () => {
		const socket = await enter()
		socket.says(ops(WALL, 7, [{ op: 'del', id: 's1' }]), ops(WALL, 8, [{ op: 'del', id: 's1' }]))
		expect(socket.of('open')).toEqual([{ t: 'open', doc: WALL, epoch: 1, at: 3 }])
		const put = (at: number) => ({ op: 'put' as const, id: `x${at}`, kind: 'post', fields: {} })
		socket.says(ops(WALL, 8, [put(4), put(5), put(6), put(7), { op: 'del', id: 's1' }]))
		expect(link.docs.get(WALL)!.at).toBe(8)
		socket.says(ops(WALL, 12, [put(12)]))
		expect(socket.of('open').slice(1)).toEqual([{ t: 'open', doc: WALL, epoch: 1, at: 8 }])
	})
	test('a gap in the overlay opens again', async () => {
		const socket = await enter()
		socket.says({ t: 'mine', doc: WALL, n: 3, objects: [] })
		expect(socket.of('open')).toEqual([{ t: 'open', doc: WALL, epoch: 1, at: 3 }])
	})
	test('a wrong digest drops the document and loads it anew; meanwhile it stays on screen and takes nothing', async () => {
		const socket = await enter()
		socket.says(ops(WALL, 4, [{ op: 'del', id: 's2' }], { sum: '0123456789abcdef' }))
		expect(socket.of('open')).toEqual([{ t: 'open', doc: WALL }])
		expect(link.docs.get(WALL)!.get('s1')).toBeDefined()
		socket.says(ops(WALL, 5, [{ op: 'del', id: 's1' }]))
		expect(link.docs.get(WALL)!.get('s1')).toBeDefined()
		expect(socket.of('open')).toHaveLength(1)
		socket.says(snapshot(WALL, 5, theWall()))
		expect(link.docs.get(WALL)).toMatchObject({ at: 5, loaded: true })
	})
	test('digests that never agree are not asked about without end', async () => {
		const socket = await enter()
		for (let i = 0; i < 10; i++) socket.says(snapshot(WALL, 5, theWall(), { sum: 'ffffffffffffffff' }))
		expect(socket.of('open').length).toBeLessThanOrEqual(3)
	})
	test('reload drops the document and opens it anew', async () => {
		const socket = await enter()
		socket.says({ t: 'reload', doc: WALL })
		expect(socket.of('open')).toEqual([{ t: 'open', doc: WALL }])
	})
	test('messages and documents it does not know are let pass', async () => {
		const socket = await enter()
		socket.says({ t: 'presence', doc: WALL }, ops('unknown', 1, []), { t: 'ok', id: 'never', doc: WALL, at: 1 }, { t: 'no', id: 'never', code: 'x', say: 'x' })
		socket.onmessage?.({ data: 'not json' })
		expect(link.status.phase).toBe('open')
	})
})

describe('the pulse', () => {
	test('asks after ten silent seconds and gives up three later', async () => {
		const socket = await enter()
		await vi.advanceTimersByTimeAsync(9_999)
		expect(socket.of('ping')).toEqual([])
		await vi.advanceTimersByTimeAsync(1)
		expect(socket.of('ping')).toHaveLength(1)
		socket.says({ t: 'pong', now: 1 })
		await vi.advanceTimersByTimeAsync(10_000)
		expect(socket.of('ping')).toHaveLength(2)
		await vi.advanceTimersByTimeAsync(2_999)
		expect(link.status.phase).toBe('open')
		await vi.advanceTimersByTimeAsync(1)
		expect(link.status).toEqual({ phase: 'waiting', why: 'lost' })
	})
	test('a nudge asks at once while open, and connects at once while waiting', async () => {
		const socket = await enter()
		link.nudge()
		expect(socket.of('ping')).toHaveLength(1)
		random = 1
		socket.ends()
		link.nudge()
		await settle()
		expect(FakeSocket.made).toHaveLength(2)
	})
	test('a connection that never opens is given up', async () => {
		link.start()
		await settle()
		await vi.advanceTimersByTimeAsync(10_000)
		expect(link.status.phase).toBe('waiting')
	})
})

describe('coming back', () => {
	test('each delay is anywhere below a bound that doubles from half a second to thirty', async () => {
		random = 1
		link.start()
		const bounds = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
		for (const bound of bounds) {
			await settle()
			const before = FakeSocket.made.length
			FakeSocket.last().ends()
			await vi.advanceTimersByTimeAsync(bound - 1)
			expect(FakeSocket.made.length).toBe(before)
			await vi.advanceTimersByTimeAsync(1)
			expect(FakeSocket.made.length).toBe(before + 1)
		}
		random = 0
		FakeSocket.last().ends()
		const before = FakeSocket.made.length
		await vi.advanceTimersByTimeAsync(0)
		expect(FakeSocket.made.length).toBe(before + 1)
	})
	test.each<[number, Status]>([
		[4400, { phase: 'stopped', why: 'broken' }],
		[4401, { phase: 'stopped', why: 'auth' }],
		[4404, { phase: 'stopped', why: 'gone' }],
		[4426, { phase: 'stopped', why: 'old' }],
		[4429, { phase: 'waiting', why: 'throttled' }],
		[1013, { phase: 'waiting', why: 'crowded' }],
		[4408, { phase: 'waiting', why: 'lost' }],
		[4413, { phase: 'waiting', why: 'lost' }],
		[1006, { phase: 'waiting', why: 'lost' }],
		[1000, { phase: 'waiting', why: 'lost' }],
	])('close %i', async (code, status) => {
		const socket = await enter()
		socket.ends(code)
		expect(link.status).toEqual(status)
		await vi.advanceTimersByTimeAsync(200_000)
		expect(FakeSocket.made.length > 1).toBe(status.phase === 'waiting')
	})
	test('1012: within two seconds', async () => {
		const socket = await enter()
		random = 1
		socket.ends(1012, '{"retry_ms":5000}')
		await vi.advanceTimersByTimeAsync(2_000)
		expect(FakeSocket.made).toHaveLength(2)
	})
	test('4429: not within the minute', async () => {
		const socket = await enter()
		random = 0
		socket.ends(4429)
		await vi.advanceTimersByTimeAsync(59_999)
		expect(FakeSocket.made).toHaveLength(1)
	})
	test('stopped means stopped, until the person asks', async () => {
		const socket = await enter()
		socket.ends(4400)
		link.nudge()
		await settle()
		expect(FakeSocket.made).toHaveLength(1)
		link.retry()
		await settle()
		expect(FakeSocket.made).toHaveLength(2)
	})
})

describe('more documents than the two', () => {
	const CANVAS = 'canvasAAAAAAAAAAAAAAAA'

	test('are opened when asked for, closed, and asked for in the next hello', async () => {
		const socket = await enter()
		link.open(CANVAS)
		link.open('other')
		expect(socket.of('open')).toEqual([{ t: 'open', doc: CANVAS }, { t: 'open', doc: 'other' }])
		socket.says(snapshot(CANVAS, 7, []))
		link.close('other')
		expect(socket.of('close')).toEqual([{ t: 'close', doc: 'other' }])
		socket.ends()
		const next = await comeBack()
		expect(next.of('hello')[0]!.open).toEqual([
			{ doc: 'class', epoch: 1, at: 3 },
			{ doc: WALL, epoch: 1, at: 3 },
			{ doc: CANVAS, epoch: 1, at: 7 },
		])
		next.says(welcome())
		expect(next.of('open')).toEqual([])
	})
	test('what has no room in the hello is opened after the welcome', async () => {
		const socket = await enter()
		const many = Array.from({ length: 40 }, (_, n) => `doc${String(n).padStart(2, '0')}AAAAAAAAAAAAAAAAA`)
		for (const id of many) {
			link.open(id)
			socket.says(snapshot(id, 1, []))
		}
		socket.ends()
		const next = await comeBack()
		const [first] = next.of('hello')
		expect(JSON.stringify(first).length).toBeLessThan(2_048)
		next.says(welcome())
		const asked = [...(first!.open as { doc: string }[]), ...(next.of('open') as unknown as { doc: string }[])].map(({ doc }) => doc)
		expect(asked).toEqual(['class', WALL, ...many])
	})
	test('one that may not be read is empty, and not asked for again on this connection', async () => {
		const socket = await enter()
		link.open(CANVAS)
		socket.says({ t: 'no', code: 'not_found', say: 'not_found' })
		expect([...link.missing]).toEqual([CANVAS])
		link.open(CANVAS)
		expect(socket.of('open')).toHaveLength(1)
		link.reopen(CANVAS)
		expect(socket.of('open')).toHaveLength(2)
		socket.says(snapshot(CANVAS, 7, []))
		expect([link.missing.size, link.docs.get(CANVAS)!.loaded]).toEqual([0, true])
	})
	test('the answer may say which one it was', async () => {
		const socket = await enter()
		link.open('first')
		link.open(CANVAS)
		socket.says({ t: 'no', doc: CANVAS, code: 'not_found', say: 'not_found' })
		expect([...link.missing]).toEqual([CANVAS])
	})
	test('too many at once: asked for again when it is time', async () => {
		const socket = await enter()
		link.open(CANVAS)
		socket.says({ t: 'no', code: 'rate', say: 'rate', retry_ms: 400 })
		await vi.advanceTimersByTimeAsync(399)
		expect(socket.of('open')).toHaveLength(1)
		await vi.advanceTimersByTimeAsync(2)
		expect(socket.of('open')).toHaveLength(2)
	})
	test('a message that was lost brings along what was typed', async () => {
		const socket = await enter()
		link.extension = { heard: () => undefined, connected: () => undefined, texts: (doc) => (doc === CANVAS ? [{ id: 'n', rev: 4, cmd: 'c' }] : []) }
		link.open(CANVAS)
		socket.says(snapshot(CANVAS, 7, []), ops(CANVAS, 9, [{ op: 'del', id: 'x' }]))
		expect(socket.of('open').at(-1)).toEqual({ t: 'open', doc: CANVAS, epoch: 1, at: 7, texts: [{ id: 'n', rev: 4, cmd: 'c' }] })
	})
})
