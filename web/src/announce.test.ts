import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Announcer, tellArrivals } from './announce'
import type { PostView, SectionView } from './state'

const sections = [
	{ id: 's1', title: 'Health' },
	{ id: 's2', title: 'Cities' },
] as SectionView[]
const post = (id: string, section: string, isMine = false) => ({ id, section, isMine, deleted: '' }) as PostView

let said: string[]
let announcer: Announcer
beforeEach(() => {
	vi.useFakeTimers()
	said = []
	announcer = new Announcer((sentence) => said.push(sentence))
	announcer.see([post('old', 's1')], sections)
})
afterEach(() => {
	announcer.stop()
	vi.useRealTimers()
})

describe('new posts', () => {
	test('are told together after a while, by section; what was there and what is one’s own is not', () => {
		announcer.see([post('old', 's1'), post('a', 's1'), post('own', 's1', true)], sections)
		vi.advanceTimersByTime(2_000)
		announcer.see([post('old', 's1'), post('a', 's1'), post('own', 's1', true), post('b', 's1'), post('c', 's2')], sections)
		expect(said).toEqual([])
		vi.advanceTimersByTime(2_000)
		expect(said).toEqual(['2 new posts in Health and 1 new post in Cities.'])
		vi.advanceTimersByTime(60_000)
		expect(said).toHaveLength(1)
	})
	test('wait while the person types', () => {
		announcer.see([post('a', 's1')], sections)
		vi.advanceTimersByTime(3_900)
		announcer.typing()
		vi.advanceTimersByTime(2_000)
		announcer.typing()
		vi.advanceTimersByTime(2_499)
		expect(said).toEqual([])
		vi.advanceTimersByTime(2_001)
		expect(said).toEqual(['1 new post in Health.'])
	})
	test('in no section are told without one', () => expect(tellArrivals([post('a', '')], sections)).toBe('1 new post.'))
})
