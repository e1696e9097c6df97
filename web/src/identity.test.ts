import { beforeEach, describe, expect, test } from 'vitest'
import { memoryStore, type Store } from './browser'
import { Identities, scopeOf } from './identity'
import { isSecret } from './ids'

let local: Store
let session: Store
let who: Identities
beforeEach(() => {
	local = memoryStore()
	session = memoryStore()
	who = new Identities(local, session)
})

describe('a student', () => {
	test('is made once per class and found again by the same browser', () => {
		const me = who.join('KXR4HTM', 'Ama', false)
		expect(me.as === 'member' && isSecret(me.secret)).toBe(true)
		expect(new Identities(local, memoryStore()).of('KXR4HTM')).toEqual(me)
		expect(who.of('BCD2345')).toBeNull()
	})
	test('has another secret in every class', () => {
		const [a, b] = [who.join('KXR4HTM', 'Ama', false), who.join('BCD2345', 'Ama', false)]
		expect(a.as === 'member' && b.as === 'member' && a.secret !== b.secret).toBe(true)
	})
	test('goes with the tab on a shared device', () => {
		who.join('KXR4HTM', 'Ama', true)
		expect(who.of('KXR4HTM')).toMatchObject({ shared: true })
		expect(local.length).toBe(0)
		expect(new Identities(local, memoryStore()).of('KXR4HTM')).toBeNull()
	})
	test('is forgotten when leaving', () => {
		who.join('KXR4HTM', 'Ama', false)
		who.forget('KXR4HTM')
		expect(who.of('KXR4HTM')).toBeNull()
	})
	test('finds the classes joined here by their titles', () => {
		who.join('KXR4HTM', 'Ama', false)
		who.note('KXR4HTM', 'Ventures', 'Ama O.')
		expect(who.joined()).toEqual([{ code: 'KXR4HTM', title: 'Ventures', name: 'Ama O.' }])
	})
	test('a damaged store is nobody', () => {
		local.setItem('forwhom.me.KXR4HTM', '{"secret":7}')
		expect(who.of('KXR4HTM')).toBeNull()
		expect(who.joined()).toEqual([])
	})
})

describe('an instructor', () => {
	test('enters a class as such only where they said so, and only while signed in', () => {
		who.signIn('Dr. Mensah')
		expect(who.of('KXR4HTM')).toBeNull()
		who.enterAsStaff('KXR4HTM')
		expect(who.of('KXR4HTM')).toEqual({ as: 'staff', name: 'Dr. Mensah' })
		who.signOut()
		expect(who.of('KXR4HTM')).toBeNull()
	})
	test('may join as a student in the same browser, and is one then', () => {
		who.signIn('Dr. Mensah')
		who.enterAsStaff('KXR4HTM')
		who.join('KXR4HTM', 'Visitor', false)
		expect(who.of('KXR4HTM')).toMatchObject({ as: 'member', name: 'Visitor' })
	})
})

test('boxes and drafts are kept apart by person, without the whole secret in their names', () => {
	const secret = 'abcdefgh' + 'X'.repeat(35)
	const scope = scopeOf('KXR4HTM', { as: 'member', secret, name: 'Ama', shared: false })
	expect(scope).not.toContain(secret)
	expect(scope).not.toBe(scopeOf('KXR4HTM', { as: 'staff', name: 'Ama' }))
})
