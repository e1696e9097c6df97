/* For tests: a socket whose other end the test plays, and a class small enough to read. */
import { digestOf } from './doc'
import type { Pending } from './outbox'
import type { Ops, Snapshot, WireObject } from './wire'

type Sent = Record<string, unknown> & { t: string }

export class FakeSocket {
	static made: FakeSocket[] = []
	readyState = 0
	sent: Sent[] = []
	onopen: (() => void) | null = null
	onmessage: ((event: { data: string }) => void) | null = null
	onclose: ((event: { code: number; reason: string }) => void) | null = null

	constructor(
		readonly url: string,
		readonly protocol: string,
	) {
		FakeSocket.made.push(this)
	}

	send(data: string): void {
		this.sent.push(JSON.parse(data) as Sent)
	}

	close(): void {
		this.readyState = 3
	}

	// ── the server's side ──

	open(): void {
		this.readyState = 1
		this.onopen?.()
	}

	says(...messages: object[]): void {
		for (const message of messages) this.onmessage?.({ data: JSON.stringify(message) })
	}

	ends(code = 1006, reason = ''): void {
		this.readyState = 3
		this.onclose?.({ code, reason })
	}

	of(t: string): Sent[] {
		return this.sent.filter((message) => message.t === t)
	}

	static last(): FakeSocket {
		return FakeSocket.made.at(-1)!
	}
}

export const fakeSocket = (url: string, protocol: string): WebSocket => new FakeSocket(url, protocol) as unknown as WebSocket

/** Lets promises that are settled already run on, under fake timers too. */
export async function settle(): Promise<void> {
	for (let i = 0; i < 5; i++) await Promise.resolve()
}

export const ME = 'memberAAAAAAAAAAAAAAAA'
export const WALL = 'wallAAAAAAAAAAAAAAAAAA'

export const welcome = (more: object = {}) => ({
	t: 'welcome',
	v: 1,
	minor: 0,
	build: 'b1',
	now: Date.now(),
	class: 'KXR4HTM',
	me: ME,
	role: 'member',
	start: WALL,
	...more,
})

export const snapshot = (doc: string, at: number, objects: WireObject[], more: object = {}): Snapshot => ({
	t: 'snapshot',
	doc,
	epoch: 1,
	at,
	part: 0,
	last: true,
	objects,
	sum: digestOf(objects),
	...more,
})

export const ops = (doc: string, at: number, list: Ops['ops'], more: object = {}): Ops => ({ t: 'ops', doc, epoch: 1, at, ops: list, ...more })

export const mine = (n: number, more: object = {}) => ({ t: 'mine', doc: WALL, n, whole: true, objects: [], gone: [], ...more })

export const theClass = (fields: object = {}): WireObject[] => [
	{ id: 'class', kind: 'class', fields: { title: 'Ventures', code: 'KXR4HTM', door: 'open', ...fields } },
	{ id: ME, kind: 'member', fields: { name: 'Ama', role: 'member' } },
	{ id: 'other', kind: 'member', fields: { name: 'Kofi', role: 'member' } },
]

export const theWall = (fields: object = {}): WireObject[] => [
	{ id: 'wall', kind: 'wall', fields: { prompt: 'For whom?', names: 'named', ...fields } },
	{ id: 's1', kind: 'section', fields: { title: 'Health', pos: 'a1' } },
	{ id: 's2', kind: 'section', fields: { title: 'Cities', pos: 'a2' } },
]

export const ids = (items: readonly Pending[]): string[] => items.map((item) => item.id)
