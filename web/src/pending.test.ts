import { describe, expect, test } from 'vitest'
import type { Commands } from './gen/tables'
import type { Pending } from './outbox'
import { Picture, revisionId, type Expectation } from './pending'
import { ME, theWall } from './testing'
import type { CommandName, WireObject } from './wire'

const own: WireObject = { id: 'p1', kind: 'post', fields: { for: 'nurses', who: 'wait', author: ME, state: 'shown', section: 's1', pos: 'b1', version: 1 } }
const theirs: WireObject = { id: 'p2', kind: 'post', fields: { for: 'tenants', author: 'other', state: 'held', section: 's1', pos: 'b2', version: 1 } }

function picture(expect: Partial<Expectation> = {}, extra: WireObject[] = []): { after: <C extends CommandName>(cmd: C, args: Commands[C]) => Picture } {
	const objects = new Map([...theWall(), own, theirs, ...extra].map((o) => [o.id, o]))
	const made = new Picture((id) => objects.get(id), () => objects.values(), { me: ME, isStaff: false, hold: false, ...expect })
	return {
		after(cmd, args) {
			const item: Pending = { id: 'c', doc: 'd', cmd, args: args as Pending['args'], made_ms: 1_000, state: 'kept', tries: 0 }
			made.apply(item)
			return made
		},
	}
}
const staff = { isStaff: true }
const order = (p: Picture, kind: string) =>
	[...p.all()]
		.filter((o) => o.kind === kind)
		.sort((a, b) => (String(a.fields.pos) < String(b.fields.pos) ? -1 : 1))
		.map((o) => o.id)

describe('what the own screen shows before the answer', () => {
	test('a new post stands at the end, shown or held as the wall is', () => {
		const args = { id: 'n', for: 'x', section: 's1', names: 'hidden' } as const
		expect(picture().after('post.add', args).get('n')?.fields).toMatchObject({ for: 'x', section: 's1', names: 'hidden', state: 'shown', author: ME })
		expect(picture({ hold: true }).after('post.add', args).get('n')?.fields.state).toBe('held')
		expect(picture({ hold: true, ...staff }).after('post.add', args).get('n')?.fields.state).toBe('shown')
		expect(order(picture().after('post.add', args), 'post')).toEqual(['p1', 'p2', 'n'])
	})
	test('a post that has come in already is not laid over again', () => {
		expect(picture().after('post.add', { id: 'p1', for: 'other words' }).get('p1')).toBe(own)
	})
	test('an edit changes the words given and leaves the others', () => {
		expect(picture().after('post.edit', { id: 'p1', version: 1, for: 'night nurses' }).get('p1')?.fields).toMatchObject({ for: 'night nurses', who: 'wait', version: 2 })
	})
	test('an edit of a rejected post puts it back in the queue', () => {
		const rejected: WireObject = { ...own, id: 'p3', fields: { ...own.fields, state: 'rejected', reason: 'too wide' } }
		expect(picture({}, [rejected]).after('post.edit', { id: 'p3', version: 1, for: 'nurses' }).get('p3')?.fields).toMatchObject({ state: 'held', reason: '' })
	})
	test('a second edit of a post whose first one waits goes on from that', () => {
		const revision: WireObject = { id: revisionId('p1'), kind: 'revision', fields: { post: 'p1', for: 'new', state: 'rejected', reason: 'no', version: 4 } }
		const p = picture({ hold: true }, [revision]).after('post.edit', { id: 'p1', version: 4, who: 'wait long' })
		expect(p.get(revision.id)?.fields).toMatchObject({ for: 'new', who: 'wait long', state: 'held', version: 5 })
	})
	test('where posts are held, an edit of a shown post waits beside it', () => {
		const p = picture({ hold: true }).after('post.edit', { id: 'p1', version: 1, for: 'night nurses' })
		expect(p.get('p1')?.fields.for).toBe('nurses')
		expect(p.get(revisionId('p1'))?.fields).toMatchObject({ for: 'night nurses', state: 'held', post: 'p1' })
	})
	test('approving shows a post, and puts a waiting revision in its place', () => {
		expect(picture(staff).after('post.approve', { id: 'p2' }).get('p2')?.fields.state).toBe('shown')
		const revision: WireObject = { id: revisionId('p1'), kind: 'revision', fields: { post: 'p1', for: 'new words', state: 'held' } }
		const p = picture(staff, [revision]).after('post.approve', { id: 'p1' })
		expect(p.get('p1')?.fields).toMatchObject({ for: 'new words', state: 'shown' })
		expect(p.get(revision.id)).toBeUndefined()
	})
	test('rejecting carries the reason, to the revision if there is one', () => {
		expect(picture(staff).after('post.reject', { id: 'p2', reason: 'too wide' }).get('p2')?.fields).toMatchObject({ state: 'rejected', reason: 'too wide' })
		const revision: WireObject = { id: revisionId('p1'), kind: 'revision', fields: { post: 'p1', state: 'held' } }
		const p = picture(staff, [revision]).after('post.reject', { id: 'p1' })
		expect([p.get('p1')?.fields.state, p.get(revision.id)?.fields.state]).toEqual(['shown', 'rejected'])
	})
	test('hide, show, delete, restore', () => {
		expect(picture(staff).after('post.hide', { id: 'p1' }).get('p1')?.fields.state).toBe('hidden')
		expect(picture(staff).after('post.show', { id: 'p2' }).get('p2')?.fields.state).toBe('shown')
		expect(picture().after('post.delete', { id: 'p1' }).get('p1')?.fields.deleted).toBe('author')
		expect(picture(staff).after('post.delete', { id: 'p2' }).get('p2')?.fields.deleted).toBe('staff')
		expect(picture(staff).after('post.restore', { id: 'p2' }).get('p2')?.fields.deleted).toBe('')
	})
	test('moving goes before another, to the end, or out of all sections', () => {
		expect(order(picture(staff).after('post.move', { id: 'p2', section: 's1', before: 'p1' }), 'post')).toEqual(['p2', 'p1'])
		expect(order(picture(staff).after('post.move', { id: 'p1', section: 's1' }), 'post')).toEqual(['p2', 'p1'])
		expect(picture(staff).after('post.move', { id: 'p1' }).get('p1')?.fields.section).toBe('')
	})
	test('sections are added, renamed, moved and removed', () => {
		expect(order(picture(staff).after('section.add', { id: 's3', title: 'Food', before: 's2' }), 'section')).toEqual(['s1', 's3', 's2'])
		expect(order(picture(staff).after('section.move', { id: 's2', before: 's1' }), 'section')).toEqual(['s2', 's1'])
		expect(picture(staff).after('section.set', { id: 's1', title: 'Care' }).get('s1')?.fields.title).toBe('Care')
		expect(picture(staff).after('section.remove', { id: 's1' }).get('s1')?.fields.deleted).toBe('staff')
	})
	test('what is not there is left alone', () => {
		expect([...picture().after('post.edit', { id: 'zz', version: 1, for: 'x' }).all()]).toHaveLength(5)
	})
})
