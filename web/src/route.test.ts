import { expect, test } from 'vitest'
import { canvasHash, classHash, classUrl, readRoute, type Route } from './route'

const secret = 'S'.repeat(42) + 'A'
const canvas = 'C'.repeat(21) + 'A'

test.each<[string, Route]>([
	['', { place: 'door', code: null }],
	['#/', { place: 'door', code: null }],
	['#/KXR-4HTM', { place: 'class', code: 'KXR4HTM' }],
	['#/kxr4htm', { place: 'class', code: 'KXR4HTM' }],
	['#/KXR%204HTM', { place: 'class', code: 'KXR4HTM' }],
	['#/KXR-4HTM/show', { place: 'show', code: 'KXR4HTM' }],
	[`#/KXR-4HTM/as/${secret}`, { place: 'device', code: 'KXR4HTM', secret }],
	[`#/KXR-4HTM/canvas/${canvas}`, { place: 'class', code: 'KXR4HTM', canvas }],
	[`#/KXR-4HTM/canvas/${canvas}/past`, { place: 'class', code: 'KXR4HTM', canvas, view: 'past' }],
	[`#/KXR-4HTM/canvas/${canvas}/set`, { place: 'class', code: 'KXR4HTM', canvas, view: 'set' }],
	[`#/KXR-4HTM/canvas/${canvas}/else`, { place: 'class', code: 'KXR4HTM', canvas }],
	['#/KXR-4HTM/teams', { place: 'class', code: 'KXR4HTM', view: 'teams' }],
	['#/KXR-4HTM/past', { place: 'class', code: 'KXR4HTM', view: 'past' }],
	['#/KXR-4HTM/canvas/nowhere', { place: 'class', code: 'KXR4HTM' }],
	['#/KXR-4HTM/as/short', { place: 'class', code: 'KXR4HTM' }],
	[`#/invite/${secret}`, { place: 'invite', invite: secret }],
	['#/signin', { place: 'signin', then: '' }],
	['#/signin/KXR-4HTM', { place: 'signin', then: 'KXR-4HTM' }],
	['#/desk', { place: 'desk' }],
	['#/nonsense', { place: 'door', code: null, bad: 'nonsense' }],
	['#/%E0%A4%A', { place: 'door', code: null, bad: '%E0%A4%A' }],
])('%s', (hash, route) => expect(readRoute(hash)).toEqual(route))

test('the address of a class reads back as that class', () => {
	expect(readRoute(classHash('KXR4HTM'))).toEqual({ place: 'class', code: 'KXR4HTM' })
	expect(readRoute(canvasHash('KXR4HTM', canvas))).toEqual({ place: 'class', code: 'KXR4HTM', canvas })
	expect(classUrl('http://192.168.1.20:8080/', 'KXR4HTM')).toBe('http://192.168.1.20:8080/#/KXR-4HTM')
})
