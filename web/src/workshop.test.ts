import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryStore, type Store } from './browser'
import type { Canvas, Workshop } from './canvas'
import { commandRules } from './gen/tables'
import { Tab } from './outbox'
import { colourOf } from './presence'
import { Room } from './state'
import { FakeSocket, fakeSocket, ME, ops, settle, snapshot, theClass, theWall, WALL, welcome } from './testing'
import { isUndoable, openWorkshop } from './workshop'
import type { WireObject } from './wire'

const CANVAS = 'canvasAAAAAAAAAAAAAAAA'
const T1 = 'teamoneAAAAAAAAAAAAAAA'
const N1 = 'note1AAAAAAAAAAAAAAAAA'
const N2 = 'note2AAAAAAAAAAAAAAAAA'

let local: Store
let room: Room
let workshop: Workshop
let canvas: Canvas

const document_ = (fields: object = {}): WireObject => ({
	id: CANVAS,
	kind: 'document',
	fields: { type: 'canvas', title: 'Ours', pos: 'b', template: 'lean', team: T1, see: 'team', add: 'team', change: 'team', ...fields },
})
const classOf = (doc: object = {}, team = T1, fields: object = {}): WireObject[] => [
	...theClass(fields).map((o) => (o.id === ME ? { ...o, fields: { ...o.fields, team } } : o)),
	{ id: T1, kind: 'team', fields: { name: 'Night owls', pos: 'a' } },
	{ id: WALL, kind: 'document', fields: { type: 'wall', title: 'Wall', pos: 'a' } },
	document_(doc),
]
const note = (id: string, fields: object = {}): WireObject => ({ id, kind: 'note', fields: { text: 'nurses', box: 'segments', pos: 'a1', author: ME, rev: 3, ...fields } })
const theCanvas = (): WireObject[] => [
	{ id: 'canvas', kind: 'canvas', fields: { template: 'lean', columns: 10, rows: 3 } },
	{ id: 'jobs', kind: 'box', fields: { title: 'Jobs', col: 1, row: 1, w: 2, h: 1, order: 2, tags: 'daily\nrare', links: 'segments:segment-job' } },
	{ id: 'segments', kind: 'box', fields: { title: 'Segments', col: 3, row: 1, w: 2, h: 1, order: 1, questions: 'Who?\nWhere?' } },
	{ id: 'type.1', kind: 'type', fields: { number: 1, name: 'Pharmacies' } },
	note(N1),
	note(N2, { text: 'sleep', box: 'jobs', pos: 'a1', author: 'other', rev: 0, tags: 'daily' }),
]

function makeRoom(): Room {
	return new Room({
		code: 'KXR4HTM',
		identity: { as: 'member', secret: 'S'.repeat(42) + 'A', name: 'Ama', shared: false },
		url: 'ws://x/ws',
		store: local,
		tab: new Tab(local, memoryStore()),
		ticket: () => Promise.resolve(null),
		socket: fakeSocket,
		random: () => 0.5,
	})
}

async function enter(klass = classOf()): Promise<FakeSocket> {
	room = makeRoom()
	room.start()
	await settle()
	const socket = FakeSocket.last()
	socket.open()
	workshop = openWorkshop(room)
	socket.says(welcome({ minor: 1 }), snapshot('class', 5, klass), snapshot(WALL, 5, theWall()))
	vi.advanceTimersByTime(20)
	return socket
}

async function open(klass?: WireObject[]): Promise<FakeSocket> {
	const socket = await enter(klass)
	canvas = workshop.canvas(CANVAS)
	socket.says(snapshot(CANVAS, 10, theCanvas()))
	await pass()
	return socket
}

async function pass(ms = 20): Promise<void> {
	await settle()
	vi.advanceTimersByTime(ms)
	await settle()
}

const does = (socket: FakeSocket, cmd: string) => socket.of('do').filter((m) => m.cmd === cmd)
const text = (rev: number, edit: unknown, id = N1) => ({ op: 'text', id, field: 'text', rev, edit })

beforeEach(() => {
	vi.useFakeTimers()
	FakeSocket.made = []
	local = memoryStore()
})
afterEach(() => {
	room.stop()
	vi.useRealTimers()
})

describe('what a canvas shows', () => {
	test('boxes by place and by recommended order, notes in them, types, names', async () => {
		await open()
		const { view } = canvas
		expect([view.state, view.title, view.columns, view.rows]).toEqual(['ready', 'Ours', 10, 3])
		expect(view.boxes.map((b) => b.id)).toEqual(['jobs', 'segments'])
		expect(view.ordered.map((b) => b.id)).toEqual(['segments', 'jobs'])
		expect(view.boxes[1]!.questions).toEqual(['Who?', 'Where?'])
		expect(view.boxes[0]!.links).toEqual([{ to: 'segments', as: 'segment-job' }])
		expect(view.boxes[0]!.notes.map((n) => [n.text, n.authorName, n.isMine, n.tags])).toEqual([['sleep', 'Kofi', false, ['daily']]])
		expect(view.types).toEqual([{ number: 1, name: 'Pharmacies' }])
	})
	test('what did not change stays the same object', async () => {
		const socket = await open()
		const before = canvas.view
		socket.says(ops(CANVAS, 11, [{ op: 'set', id: N2, fields: { type: 1 } }]))
		await pass()
		expect(canvas.view.notes.get(N1)).toBe(before.notes.get(N1))
		expect(canvas.view.notes.get(N2)).not.toBe(before.notes.get(N2))
		expect(canvas.view.boxes[1]).toBe(before.boxes[1])
		expect(canvas.view.boxes[0]).not.toBe(before.boxes[0])
	})
	test.each([
		[{}, T1, {}, { see: true, add: true, change: true, share: true }],
		[{ change: 'staff' }, T1, {}, { see: true, add: true, change: false, share: true }],
		[{}, '', {}, { see: false, add: false, change: false, share: false }],
		[{ see: 'class' }, '', {}, { see: true, add: false, change: false, share: false }],
		[{ team: '' }, '', {}, { see: true, add: true, change: true, share: false }],
		[{ see: 'staff' }, T1, {}, { see: false, add: false, change: false, share: false }],
		[{}, T1, { frozen: true }, { see: true, add: false, change: false, share: true }],
	])('rights: document %j, own team %j, class %j', async (doc, team, klass, rights) => {
		await enter(classOf(doc, team, klass))
		expect(workshop.view.documents.find((d) => d.id === CANVAS)!.rights).toEqual({ ...rights, structure: false })
	})
	test('a note of one\'s own can be changed with the right to add alone', async () => {
		await open(classOf({ change: 'staff' }))
		expect([N1, N2].map((id) => canvas.view.notes.get(id)!.isChangeable)).toEqual([true, false])
		expect(canvas.edit(N2)).toBeNull()
	})
})

describe('changes before the answer', () => {
	test('a note added is there at once, and stays one when it arrives', async () => {
		const socket = await open()
		const id = canvas.addNote('jobs', { text: 'rest', type: 1, tags: ['rare'] })
		await pass()
		expect(canvas.view.boxes[0]!.notes.map((n) => [n.text, n.sending])).toEqual([['sleep', ''], ['rest', 'sent']])
		const [sent] = does(socket, 'note.add')
		expect(sent!.args).toEqual({ id, box: 'jobs', text: 'rest', type: 1, tags: 'rare' })
		socket.says({ t: 'ok', id: sent!.id, doc: CANVAS, at: 11, result: {} })
		socket.says(ops(CANVAS, 11, [{ op: 'put', id, kind: 'note', fields: { text: 'rest', box: 'jobs', pos: 'a2', author: ME, type: 1, tags: 'rare' } }]))
		await pass()
		expect(canvas.view.boxes[0]!.notes.map((n) => [n.text, n.sending])).toEqual([['sleep', ''], ['rest', '']])
	})
	test('moving drops tags that the new box does not have, and keeps the order', async () => {
		await open()
		canvas.moveNotes([N2, N1], 'segments')
		await pass()
		expect(canvas.view.boxes[1]!.notes.map((n) => [n.id, n.tags, n.sending])).toEqual([[N2, [], 'sent'], [N1, [], 'sent']])
		canvas.moveNotes([N1], 'segments', N2)
		await pass()
		expect(canvas.view.boxes[1]!.notes.map((n) => n.id)).toEqual([N1, N2])
	})
	test('a link takes its meaning from the boxes, turned round if need be, and goes with its end', async () => {
		await open()
		canvas.addLink(N1, N2)
		await pass()
		expect(canvas.view.links).toMatchObject([{ from: N2, to: N1, as: 'segment-job', sending: 'sent' }])
		expect(canvas.view.notes.get(N1)!.links).toHaveLength(1)
		canvas.deleteNotes([N2])
		await pass()
		expect([canvas.view.links.length, canvas.view.notes.has(N2)]).toEqual([0, false])
	})
	test('copies stand in until the real ones are there', async () => {
		const socket = await open()
		canvas.duplicateNotes([N1])
		await pass()
		expect(canvas.view.boxes[1]!.notes.map((n) => [n.text, n.sending])).toEqual([['nurses', 'sent'], ['nurses', 'sent']])
		socket.says({ t: 'ok', id: does(socket, 'note.duplicate')[0]!.id, doc: CANVAS, at: 11, result: { notes: ['copyAAAAAAAAAAAAAAAAAA'] } })
		socket.says(ops(CANVAS, 11, [{ op: 'put', ...note('copyAAAAAAAAAAAAAAAAAA', { pos: 'a2' }) }]))
		await pass()
		expect(canvas.view.boxes[1]!.notes.map((n) => n.sending)).toEqual(['', ''])
	})
	test('a refused note stays with its words until the person decides', async () => {
		const socket = await open()
		const id = canvas.addNote('jobs', { text: 'rest' })
		socket.says({ t: 'no', id: does(socket, 'note.add')[0]!.id, code: 'frozen', say: 'frozen' })
		await pass()
		expect(canvas.view.notes.get(id)).toMatchObject({ text: 'rest', isChangeable: false, refused: { refused: { code: 'frozen' } } })
		expect(room.view.posts).toEqual([])
		expect(room.view.heldBack).toHaveLength(1)
		canvas.drop(canvas.view.notes.get(id)!.refused!.id)
		expect(canvas.view.notes.has(id)).toBe(false)
	})
})

describe('typing in a note', () => {
	test('shows at once, goes out, and is told of others\' letters', async () => {
		const socket = await open()
		const session = canvas.edit(N1)!
		expect(session.type('nurses!', 7)).toBe('nurses!')
		await pass()
		expect(canvas.view.notes.get(N1)).toMatchObject({ text: 'nurses!', sending: 'sent' })
		const [sent] = does(socket, 'note.text')
		expect(sent!.args).toEqual({ id: N1, rev: 3, edit: [6, '!'] })
		socket.says(ops(CANVAS, 11, [text(4, ['The ']) as never]))
		expect(session.text).toBe('The nurses!')
		socket.says({ t: 'ok', id: sent!.id, doc: CANVAS, at: 12, result: { rev: 5 } }, ops(CANVAS, 12, [text(5, [10, '!']) as never]))
		await pass()
		expect([session.state, canvas.view.notes.get(N1)!.sending, room.view.waiting]).toEqual(['saved', '', 0])
	})
	test('in a note that is not there yet: kept until it is', async () => {
		const socket = await open()
		const id = canvas.addNote('jobs')
		await pass()
		const session = canvas.edit(id)!
		session.type('rest', 4)
		await pass(200)
		expect(does(socket, 'note.text')).toHaveLength(0)
		expect(canvas.view.notes.get(id)!.text).toBe('rest')
		socket.says({ t: 'ok', id: does(socket, 'note.add')[0]!.id, doc: CANVAS, at: 11 })
		socket.says(ops(CANVAS, 11, [{ op: 'put', id, kind: 'note', fields: { box: 'jobs', pos: 'a2', author: ME } }]))
		await pass(200)
		expect(does(socket, 'note.text')[0]!.args).toEqual({ id, rev: 0, edit: ['rest'] })
	})
	test('at most ten a second', async () => {
		const socket = await open()
		const session = canvas.edit(N1)!
		session.type('nurses1', 7)
		await pass(0)
		const [sent] = does(socket, 'note.text')
		socket.says({ t: 'ok', id: sent!.id, doc: CANVAS, at: 11, result: { rev: 4 } }, ops(CANVAS, 11, [text(4, [6, '1']) as never]))
		session.type('nurses12', 8)
		await pass(50)
		expect(does(socket, 'note.text')).toHaveLength(1)
		await pass(60)
		expect(does(socket, 'note.text')).toHaveLength(2)
	})
	test('over a lost connection: what was open is opened again, with what was typed', async () => {
		const socket = await open()
		canvas.edit(N1)!.type('nurses!', 7)
		await pass()
		const { id: cmd } = does(socket, 'note.text')[0]!
		socket.ends()
		await pass(2_000)
		canvas.edit(N1)!.type('nurses!?', 8)
		const next = FakeSocket.last()
		expect(next).not.toBe(socket)
		next.open()
		expect(next.of('hello')[0]!.open).toContainEqual({ doc: CANVAS, epoch: 1, at: 10, texts: [{ id: N1, rev: 3, cmd }] })
		next.says(welcome(), { t: 'texts', doc: CANVAS, id: N1, rev: 3, edits: [['A '], [8, '!']], own: 5 })
		next.says(ops(CANVAS, 12, [text(4, ['A ']), text(5, [8, '!'])] as never))
		await pass(200)
		expect(canvas.view.notes.get(N1)!.text).toBe('A nurses!?')
		expect(does(next, 'note.text').map((m) => m.args)).toEqual([{ id: N1, rev: 5, edit: [9, '?'] }])
	})
	test('over a reload: unsent letters and the id of the command on its way', async () => {
		const socket = await open()
		canvas.edit(N1)!.type('nurses!', 7)
		await pass()
		const { id: cmd, args } = does(socket, 'note.text')[0]!
		canvas.edit(N1)!.type('nurses!?', 8)
		await pass()
		room.stop()
		vi.advanceTimersByTime(20_000)

		const again = await enter()
		await pass()
		expect(again.of('open').find((m) => m.doc === CANVAS)!.texts).toEqual([{ id: N1, rev: 3, cmd }])
		expect(room.view.waiting).toBe(1)
		again.says({ t: 'texts', doc: CANVAS, id: N1, rev: 3, edits: [['A ']] }, snapshot(CANVAS, 11, [...theCanvas().filter((o) => o.id !== N1), note(N1, { text: 'A nurses', rev: 4 })]))
		await pass(200)
		canvas = workshop.canvas(CANVAS)
		expect(canvas.view.notes.get(N1)!.text).toBe('A nurses!?')
		expect(does(again, 'note.text').map((m) => [m.id, m.args])).toEqual([[cmd, args]])
	})
	test('pens down: kept and offered again', async () => {
		const socket = await open()
		const session = canvas.edit(N1)!
		session.type('nurses!', 7)
		await pass()
		socket.says({ t: 'no', id: does(socket, 'note.text')[0]!.id, code: 'frozen', say: 'frozen' })
		await pass(500)
		expect([session.state, canvas.view.held, does(socket, 'note.text').length]).toEqual(['held', [N1], 1])
		session.resume()
		await pass(200)
		expect(does(socket, 'note.text')).toHaveLength(2)
	})
	test.each([['the note goes', (s: FakeSocket) => s.says(ops(CANVAS, 11, [{ op: 'del', id: N1 }]))], ['it is refused', (s: FakeSocket) => s.says({ t: 'no', id: does(s, 'note.text')[0]!.id, code: 'stale', say: 'stale' })]])(
		'words are not lost when %s',
		async (_what, happen) => {
			const socket = await open()
			canvas.edit(N1)!.type('nurses!', 7)
			await pass()
			happen(socket)
			await pass()
			expect(workshop.view.unsaved).toMatchObject([{ doc: CANVAS, docTitle: 'Ours', note: N1, text: 'nurses!' }])
			workshop.dropUnsaved(workshop.view.unsaved[0]!.id)
			await pass()
			expect(workshop.view.unsaved).toEqual([])
		},
	)
	test('what another tab took over is not sent from here too', async () => {
		const socket = await open()
		socket.ends()
		canvas.edit(N1)!.type('nurses!', 7)
		await pass()
		for (let i = 0; i < local.length; i++) if (local.key(i)?.startsWith('forwhom.typing.')) local.removeItem(local.key(i)!)
		await pass(2_000)
		const next = FakeSocket.last()
		next.open()
		next.says(welcome(), { t: 'texts', doc: CANVAS, id: N1, rev: 3, edits: [] }, ops(CANVAS, 11, [text(4, [6, '!']) as never]))
		await pass(500)
		expect(does(next, 'note.text')).toHaveLength(0)
		expect(canvas.view.notes.get(N1)!.text).toBe('nurses!')
	})
})

describe('the right to read', () => {
	test('lost: nothing is left on the screen; given back: opened again', async () => {
		const socket = await open()
		socket.says({ t: 'reload', doc: CANVAS }, { t: 'no', code: 'not_found', say: 'not_found' })
		socket.says(ops('class', 6, [{ op: 'set', id: CANVAS, fields: { see: 'staff' } }]))
		await pass()
		expect([canvas.view.state, canvas.view.notes.size]).toEqual(['gone', 0])
		const asked = socket.of('open').length
		socket.says(ops('class', 7, [{ op: 'set', id: CANVAS, fields: { see: 'team' } }]))
		await pass()
		expect(socket.of('open').slice(asked)).toEqual([{ t: 'open', doc: CANVAS }])
		socket.says(snapshot(CANVAS, 12, theCanvas()))
		await pass()
		expect([canvas.view.state, canvas.view.notes.size]).toEqual(['ready', 2])
	})
	test('a canvas that is left is closed, unless words wait in it', async () => {
		const socket = await open()
		canvas.close()
		expect(socket.of('close')).toEqual([{ t: 'close', doc: CANVAS }])
		canvas = workshop.canvas(CANVAS)
		socket.says(snapshot(CANVAS, 10, theCanvas()))
		await pass()
		const session = canvas.edit(N1)!
		session.type('nurses!', 7)
		await pass()
		canvas.close()
		session.close()
		expect(socket.of('close')).toHaveLength(1)
		socket.says({ t: 'ok', id: does(socket, 'note.text')[0]!.id, doc: CANVAS, at: 11, result: { rev: 4 } }, ops(CANVAS, 11, [text(4, [6, '!']) as never]))
		await pass()
		expect(socket.of('close')).toHaveLength(2)
	})
})

describe('undo and redo', () => {
	test('what is unsent is taken back here, newest first, and done again', async () => {
		const socket = await open()
		socket.ends()
		canvas.setNotes([N1], { type: 1 })
		vi.advanceTimersByTime(10)
		canvas.edit(N1)!.type('nurses!', 7)
		vi.advanceTimersByTime(10)
		const state = () => [canvas.view.notes.get(N1)!.text, canvas.view.notes.get(N1)!.type]
		canvas.undo()
		expect(state()).toEqual(['nurses', 1])
		canvas.undo()
		expect(state()).toEqual(['nurses', 0])
		canvas.redo()
		canvas.redo()
		expect(state()).toEqual(['nurses!', 1])
	})
	test('connected, it is asked for once the letters are there', async () => {
		const socket = await open()
		canvas.edit(N1)!.type('nurses!', 7)
		await pass()
		canvas.undo()
		await pass(200)
		expect(does(socket, 'undo')).toHaveLength(0)
		socket.says({ t: 'ok', id: does(socket, 'note.text')[0]!.id, doc: CANVAS, at: 11, result: { rev: 4 } }, ops(CANVAS, 11, [text(4, [6, '!']) as never]))
		await pass(200)
		const [undo] = does(socket, 'undo')
		expect(undo).toMatchObject({ doc: CANVAS, args: {} })
		expect(canvas.view.canRedo).toBe(false)
		socket.says({ t: 'ok', id: undo!.id, doc: CANVAS, at: 12, result: { did: 'note.text' } })
		await pass()
		expect(canvas.view.canRedo).toBe(true)
		canvas.undo()
		await pass(100)
		socket.says({ t: 'no', id: does(socket, 'undo')[1]!.id, code: 'conflict', say: 'undo.nothing' })
		await pass()
		expect(canvas.view.canUndo).toBe(false)
	})
	test('which commands are steps is as the table has it', () => {
		for (const [cmd, rules] of Object.entries(commandRules)) {
			if (rules.in !== 'class') expect([cmd, isUndoable(cmd as keyof typeof commandRules)]).toEqual([cmd, rules.undo])
		}
	})
})

describe('presence', () => {
	test('others are where they are, in a colour of their own, until the connection goes', async () => {
		const socket = await open()
		socket.says({ t: 'presence', doc: CANVAS, whole: true, here: [{ who: 'other', box: 'segments', note: N1, caret: [1, 2], rev: 3 }], gone: [] })
		socket.says({ t: 'presence', doc: 'class', whole: true, here: [{ who: 'other', in: CANVAS }, { who: ME, in: CANVAS }], gone: [] })
		canvas.edit(N1)!.type('🙂nurses', 2)
		await pass()
		expect(canvas.view.here).toMatchObject([{ who: 'other', name: 'Kofi', colour: colourOf('other'), box: 'segments', note: N1, caret: [3, 4] }])
		expect(canvas.view.notes.get(N1)!.here).toHaveLength(1)
		expect(workshop.view.documents.find((d) => d.id === CANVAS)!.here.map((p) => p.name)).toEqual(['Ama', 'Kofi'])
		socket.ends()
		await pass()
		expect(canvas.view.here).toEqual([])
		expect(workshop.view.people.some((p) => p.isConnected)).toBe(false)
	})
	test('of oneself at most ten times a second, the last word, and again on the next connection', async () => {
		const socket = await open()
		canvas.here({ box: 'jobs' })
		canvas.here({ box: 'segments' })
		canvas.edit(N1)
		canvas.here({ box: 'segments', note: N1, caret: [2, 2] })
		expect(socket.of('here')).toEqual([{ t: 'here', doc: CANVAS, box: 'jobs' }])
		await pass(100)
		expect(socket.of('here').slice(1)).toEqual([{ t: 'here', doc: CANVAS, box: 'segments', note: N1, caret: [2, 2], rev: 3 }])
		socket.ends()
		await pass(2_000)
		FakeSocket.last().open()
		FakeSocket.last().says(welcome())
		expect(FakeSocket.last().of('here')).toHaveLength(1)
	})
})

describe('questions', () => {
	test('parts are joined, and two at a time are asked', async () => {
		const socket = await open()
		const answers = [canvas.exportFile('md'), canvas.history(), canvas.moment(7)]
		await settle()
		expect(socket.of('export')).toMatchObject([{ doc: CANVAS, format: 'md' }])
		expect([socket.of('history').length, socket.of('moment').length]).toEqual([1, 0])
		const { id } = socket.of('export')[0]!
		socket.says({ t: 'file', id, doc: CANVAS, format: 'md', part: 0, text: 'a' }, { t: 'file', id, doc: CANVAS, format: 'md', part: 1, last: true, text: 'b' })
		expect(await answers[0]).toEqual({ ok: true, value: 'ab' })
		const history = socket.of('history')[0]!
		socket.says({ t: 'history', id: history.id, doc: CANVAS, part: 0, last: true, moments: [{ at: 7, ms: 1, who: 'other', cmd: 'note.add', n: 1, id: N2 }] })
		expect(await answers[1]).toEqual({ ok: true, value: [{ at: 7, ms: 1, who: 'other', whoName: 'Kofi', cmd: 'note.add', n: 1, id: N2 }] })
		socket.says({ t: 'moment', id: socket.of('moment')[0]!.id, doc: CANVAS, at: 7, part: 0, last: true, objects: theCanvas() })
		const then = await answers[2]
		expect(then).toMatchObject({ ok: true, value: { state: 'ready', title: 'Ours', rights: { change: false } } })
	})
	test('a refusal is an answer, and so is a lost connection', async () => {
		const socket = await open()
		const first = canvas.exportFile('svg')
		const second = canvas.history()
		await settle()
		socket.says({ t: 'no', id: socket.of('export')[0]!.id, code: 'not_found', say: 'not_found', args: {} })
		socket.ends()
		expect(await first).toEqual({ ok: false, refusal: { code: 'not_found', say: 'not_found', args: {} } })
		expect(await second).toMatchObject({ ok: false, refusal: { code: 'offline' } })
	})
	test('busy: asked again when it is time', async () => {
		const socket = await open()
		void canvas.history()
		await settle()
		const { id } = socket.of('history')[0]!
		socket.says({ t: 'no', id, code: 'busy', say: 'busy', retry_ms: 300 })
		await pass(299)
		expect(socket.of('history')).toHaveLength(1)
		await pass(10)
		expect(socket.of('history')).toHaveLength(2)
	})
})

describe('teams and documents', () => {
	test('are shown before the answer, and sent to the class', async () => {
		const socket = await enter()
		const id = workshop.addTeam('Early birds')
		workshop.joinTeam(id)
		workshop.setDocument(CANVAS, { see: 'class' })
		await pass()
		expect(workshop.view.teams.map((t) => [t.name, t.isMine, t.members.length, t.sending])).toEqual([['Night owls', false, 0, ''], ['Early birds', true, 1, 'sent']])
		expect(workshop.view.documents.map((d) => [d.title, d.see])).toEqual([['Wall', 'team'], ['Ours', 'class']])
		expect(socket.of('do').map((m) => m.doc)).toEqual(['class', 'class', 'class'])
	})
})
